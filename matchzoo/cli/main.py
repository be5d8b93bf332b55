"""The command line: matchzoo list, show, copy, plan, run, evaluate, report, ratio, sample, push, pull, doctor, …

Exit codes: 0 done, 1 a defect of ours (with a traceback), 2 something to fix (with what and how), 3 a run with warnings
under --strict, 130 and 143 stopped by SIGINT and SIGTERM after saving.
"""

import functools
import os
import sys
import warnings
from collections.abc import Sequence

import tyro

from matchzoo import recipes
from matchzoo.cli.usage import ALIASES, COMMANDS, OVERRIDES, USAGE, options_of, presented, takes_overrides
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.version import __version__

SWITCHES = ("--fields", "--quiet", "-q", "--json", "--data-changed", "--strict")
"""Options of commands that take overrides that no value follows."""


def main(argv: Sequence[str] | None = None) -> None:
    """The ``matchzoo`` command."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] == "help":
        words = [*words[1:2], "--help"]
    if not words or words[0] in ("-h", "--help"):
        print(USAGE, end="")
        return
    if words[0] == "--version":
        print(__version__)
        return
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # of EXIF: the pictures are whole
    try:
        _dispatch(words[0], words[1:])
    except MatchZooError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader (head, less) has gone
        sys.stderr.close()


def _dispatch(command: str, words: list[str]) -> None:
    if command not in COMMANDS:
        raise MatchZooError(f"unknown command '{command}'{did_you_mean(command, COMMANDS)} ('matchzoo --help')")
    tyro._experimental_options["ansi_codes"] = not os.environ.get("NO_COLOR") and sys.stderr.isatty()
    function = presented(command)
    if not takes_overrides(command):
        tyro.cli(function, prog=f"matchzoo {command}", args=words)
        return

    words, overrides = split_overrides(words, flags_of(command))
    function = functools.partial(function, **{OVERRIDES: tuple(overrides)})
    try:
        tyro.cli(function, prog=f"matchzoo {command}", args=words)
    except SystemExit as stop:
        name = next((word for word in words if not word.startswith("-")), None)
        if (
            stop.code == 2 and overrides and name is not None and command in ("run", "plan")
        ):  # tell what is wrong with the fields as well
            recipes.table_with(name, overrides, "read", options_of(command))
        raise


def flags_of(command: str) -> tuple[str, ...]:
    """The flags of a command without their dashes, other names of options and ``help`` among them."""
    options = options_of(command)
    others = [ALIASES[name].lstrip("-") for name in options if name in ALIASES]
    return (*options, *others, "help")


def split_overrides(words: list[str], flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words of a command with some ``flags``: those that are its own, and those that override fields of the recipe.

    A flag that is neither is among the latter, since it is told with all that is wrong with them.
    """
    own: list[str] = []
    overrides: list[str] = []
    into = own
    named = False
    for position, word in enumerate(words):
        if word.startswith("-") and len(word) > 1 and not word[1:2].isdigit():
            name = word.lstrip("-").partition("=")[0]
            into = own if name in flags or not word.startswith("--") else overrides
        elif into is own and (not position or words[position - 1] in SWITCHES):
            if named:
                raise MatchZooError(f"unexpected '{word}' after {words[position - 1]}, which takes no value")
            named = True
        into.append(word)
    return own, overrides
