"""The command line: matchzoo list, show, copy, plan, run, evaluate, report, ratio, sample, push, pull, doctor, …

Exit codes: 0 done, 1 a defect of ours (with a traceback), 2 something to fix (with what and how), 130 and 143 stopped
by SIGINT and SIGTERM after saving.
"""

import functools
import os
import sys
import warnings
from collections.abc import Sequence

import tyro

from matchzoo.cli.usage import COMMANDS, OVERRIDES, USAGE, function_of, options_of, takes_overrides
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.version import __version__


def main(argv: Sequence[str] | None = None) -> None:
    """The ``matchzoo`` command."""
    words = list(sys.argv[1:] if argv is None else argv)
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
    function = function_of(command)
    if takes_overrides(command):
        words, overrides = split_overrides(words, (*options_of(command), "help"))
        function = functools.partial(function, **{OVERRIDES: tuple(overrides)})
    tyro.cli(function, prog=f"matchzoo {command}", args=words)


def split_overrides(words: list[str], flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words of a command with some ``flags``: those that are its own, and those that override fields of the recipe."""
    own: list[str] = []
    overrides: list[str] = []
    into = own
    named = False
    for position, word in enumerate(words):
        if word.startswith("-") and len(word) > 1 and not word[1:2].isdigit():
            name = word.lstrip("-").partition("=")[0]
            into = own if name in flags or not word.startswith("--") else overrides
            if into is overrides and "." not in name and "mean" in did_you_mean(name, flags):
                raise MatchZooError(f"unknown option '--{name}'{did_you_mean(name, flags)}")
        elif into is own and (not position or words[position - 1] in ("--fields", "--quiet", "--json")):
            if named:
                raise MatchZooError(f"unexpected '{word}' after {words[position - 1]}, which takes no value")
            named = True
        into.append(word)
    return own, overrides
