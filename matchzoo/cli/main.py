"""The command line: matchzoo list, show, copy, plan, run, evaluate, report, ratio, push, pull, doctor, completion.

Exit codes: 0 done, 1 a defect of ours (with a traceback), 2 something to mend (with what and how), 130 and 143 stopped
by SIGINT and SIGTERM after saving.
"""

import functools
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from matchzoo.core import shipped
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.showing.text import as_json, format_table

USAGE = """matchzoo: match one set of samples to another.

It distils data sets into a few images over frozen backbones, trains generators by ratios and discrepancies of
densities, and estimates such ratios. A recipe, a file of TOML, says what is matched to what, in which space, who moves.

  matchzoo list [PATTERN]        recipes, backbones, data sets, distilled sets, and what they still need here
  matchzoo show NAME             a recipe or card, as it is written
  matchzoo copy NAME FILE        a recipe to edit: then matchzoo run FILE; or a card
  matchzoo plan NAME_OR_FILE     memory, operations and time that a run would take here, and what changes them
  matchzoo run NAME_OR_FILE      train, evaluate, write pictures and a page; resumes what is there
  matchzoo evaluate SET…         one table of runs, distilled sets and folders of images on several backbones
  matchzoo report RUN…           one table and picture of any number of runs
  matchzoo ratio P Q             the ratio of the densities of two tables (CSV, npy), with diagnostics
  matchzoo push SET USER/NAME    publish a distilled set, or a part of a run, on the Hugging Face Hub
  matchzoo pull USER/NAME        fetch a set or a model, check it and keep it in a folder
  matchzoo doctor                what is installed here and what is missing; weights, fetched and verified
  matchzoo completion SHELL      a script by which bash, zsh or fish complete commands and names

A first run:      matchzoo run lgm/quickstart
One of your own:  matchzoo copy gram/ring-2d mine.toml, then matchzoo run mine.toml --trainer.steps 500
Side by side:     matchzoo report runs/lgm/quickstart runs/mine

matchzoo COMMAND --help says more; --json, where a command has it, prints its result for programs.
"""
COMMANDS = (
    "list",
    "show",
    "copy",
    "plan",
    "run",
    "evaluate",
    "report",
    "ratio",
    "push",
    "pull",
    "doctor",
    "completion",
)
RUN_FLAGS = ("output", "fields", "json", "quiet", "tracker", "help")
PLAN_FLAGS = ("json", "classes", "samples", "help")
Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]


def list_(
    pattern: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PATTERN")] = "*",
    json: Flag = False,
) -> None:
    """List recipes and cards: what they are, their licence, and what of them is not on this machine.

    Args:
        pattern: a shell pattern of names, such as 'lgm/*', 'clip-*' or 'datasets/*'.
        json: print a list for programs.
    """
    from matchzoo.cli import catalogue

    found = catalogue.entries(pattern)
    if not found:
        raise MatchZooError(f"nothing matches '{pattern}'{did_you_mean(pattern, _known())}")
    if json:
        print(as_json([entry.record() for entry in found]))
    else:
        print(catalogue.text(found, min(shutil.get_terminal_size((120, 24)).columns, 120)))


def show(name: Name) -> None:
    """Print a recipe or card as it is written.

    Args:
        name: of a recipe, backbone or data set, or the path of a .toml file.
    """
    from matchzoo.core.toml import read_text

    print(read_text(_find(name)), end="")


def copy(name: Name, file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]) -> None:
    """Copy a recipe or card to a file of your own, to edit and use by its path.

    Args:
        name: of a recipe, backbone or data set.
        file: where to write; must end in .toml and not exist.
    """
    from matchzoo.core.storage import files
    from matchzoo.core.toml import read_text

    text = read_text(_find(name))
    if file.suffix != ".toml":
        raise MatchZooError(f"{file}: expected a name that ends in .toml")
    if file.exists():
        raise MatchZooError(f"{file}: is there already; give another name or remove it")
    if not file.parent.is_dir():
        raise MatchZooError(f"{file.parent}: there is no such folder")
    try:
        files.write_text(file, text)
    except OSError as error:
        raise MatchZooError(f"{file}: cannot be written ({error.strerror})") from None
    print(f"wrote {file}" if name.endswith(".toml") else f"wrote {file}; {_use(name, file)}")


def run(
    name: Name,
    output: Path | None = None,
    fields: Flag = False,
    json: Flag = False,
    quiet: Flag = False,
    tracker: Literal["tensorboard", "wandb", "trackio"] | None = None,
    overrides: tyro.conf.Suppress[tuple[str, ...]] = (),
) -> None:
    """Train a recipe (resuming what is there), evaluate it and write pictures and a page, report.html.

    Any field of the recipe can be overridden: --trainer.steps 50 --players.generator.optimizer.lr 1e-2
    (--fields lists them).

    Args:
        name: of a recipe, or the path of a .toml file.
        output: folder of the run; runs/NAME if not given.
        fields: list every field of the recipe with its value and meaning, and run nothing.
        json: print the results (or the fields) for programs.
        quiet: show no progress.
        tracker: send every record, the recipe and the results there as well.
        overrides: words of the command line that are not this command's own.
    """
    from matchzoo.core.overrides import describe

    recipe = recipe_of(name, overrides, "run")
    if fields:
        if json:
            print(as_json([dict(zip(("field", "type", "value", "doc"), row, strict=True)) for row in describe(recipe)]))
            return
        for field, kind, value, doc in describe(recipe):
            print(f"--{field} {value}\n      {kind}{': ' + doc if doc else ''}")
        return
    stem = Path(name).stem if name.endswith(".toml") else name
    folder, _, last = stem.rpartition("/")
    method = last if folder in ("", "baselines") else folder.split("/")[0]
    finished = recipe.run(output or Path("runs") / stem, quiet=quiet, name=method, declared=stem, tracker=tracker)
    if int(os.environ.get("RANK", 0)):  # under torchrun the first process speaks
        return
    if json:
        print(as_json(finished.record()))
        return
    print()
    rows = finished.metrics["results"]
    for number, evaluation in enumerate(recipe.evaluation):
        records = [row for row in rows if row["number"] == number]
        print(format_table(evaluation.table(records)))
    seconds = finished.metrics["seconds"]
    print(f"\ntraining {seconds['training']:.0f} s, evaluation {seconds['evaluation']:.0f} s; all in {finished.folder}")
    for picture in finished.pictures:
        print(f"picture: {picture}")
    if finished.page is not None:
        print(f"page: {finished.page}")


def recipe_of(name: str, overrides: Sequence[str], done: str) -> Any:
    """The recipe of a name or path with some fields overridden; errors say that it cannot be ``done``."""
    from matchzoo.core.overrides import flags, override
    from matchzoo.core.toml import read_toml
    from matchzoo.recipes import FOLDER
    from matchzoo.recipes.recipe import Recipe

    path = shipped.find(FOLDER, name, "recipe")
    try:
        return Recipe.of(override(read_toml(path), Recipe, flags(overrides)))
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} cannot be {done}:"), *error.problems]) from None


def doctor(
    fetch: str | None = None,
    verify: str | None = None,
    clear: str | None = None,
    json: Flag = False,
) -> None:
    """Say what is installed here, what is missing, and how to get it; or fetch or verify the weights of a backbone.

    Args:
        fetch: card of the backbone whose weights to download.
        verify: card of the backbone whose weights to compare with what the card records.
        clear: what to delete of the cache of decoded images and features: images, features or all.
        json: print what is here and what is missing for programs.
    """
    from matchzoo.cli.doctor import examine, fetched, lines

    if json and (fetch or verify or clear):
        raise MatchZooError("--json: only without --fetch, --verify and --clear")
    if fetch is not None:
        print("\n".join(fetched(fetch)))
    if verify is not None:
        from matchzoo.zoo.verification import verify as compare

        print("\n".join(compare(verify)))
    if clear is not None:
        from matchzoo.core.storage import cache

        count, size = cache.clear(clear)
        print(f"{cache.cache_folder()}: deleted {count} arrays, {size / 2**30:.2f} GiB")
    if fetch is None and verify is None and clear is None:
        print(as_json(examine()) if json else "\n".join(lines(examine())))


def _find(name: str) -> Path:
    from matchzoo import recipes, zoo

    if zoo.full_name(name) is not None:
        return zoo.find(name)[0]
    if not name.endswith(".toml") and name not in recipes.names():
        raise MatchZooError(f"unknown name '{name}'{did_you_mean(name, _known())} ('matchzoo list' shows all)")
    return shipped.find(recipes.FOLDER, name, "recipe")


def _known() -> list[str]:
    from matchzoo import recipes, zoo

    return [*recipes.names(), *map(zoo.short_name, zoo.names()), *zoo.names()]


def _use(name: str, file: Path) -> str:
    """How a copy is used."""
    import tomlkit

    from matchzoo import zoo

    full = zoo.full_name(name)
    if full is None:
        return f"run it with: matchzoo run {file}"
    if full.startswith("backbones/"):
        return f"a recipe uses it with: matchzoo run NAME --projector.card {file}"
    if full.startswith("distilled/"):
        return "it says what is known of the set, and how it is made or fetched"
    table = tomlkit.inline_table()
    table.update(zoo.load(name, zoo.DataCard).data)
    return (
        f"a recipe uses it by its lines of [data], or with: matchzoo run NAME --data {shlex.quote(table.as_string())}"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """The ``matchzoo`` command."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(USAGE, end="")
        return
    if words[0] == "--version":
        from matchzoo.core.version import __version__

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
    functions: dict[str, Any] = {"list": list_, "show": show, "copy": copy, "doctor": doctor}
    tyro._experimental_options["ansi_codes"] = not os.environ.get("NO_COLOR") and sys.stderr.isatty()
    if command in functions:
        tyro.cli(functions[command], prog=f"matchzoo {command}", args=words)
    elif command in ("evaluate", "report"):
        from matchzoo.cli import compare

        tyro.cli(getattr(compare, command), prog=f"matchzoo {command}", args=words)
    elif command == "ratio":
        from matchzoo.ratios import of_tables

        tyro.cli(of_tables.ratio, prog="matchzoo ratio", args=words)
    elif command == "completion":
        from matchzoo.cli.completion import completion

        tyro.cli(completion, prog="matchzoo completion", args=words)
    elif command in ("push", "pull"):
        from matchzoo.cli import publish

        tyro.cli(getattr(publish, command), prog=f"matchzoo {command}", args=words)
    elif command == "plan":
        from matchzoo.cli import plan as planning

        own, overrides = split_overrides(words, PLAN_FLAGS)
        tyro.cli(functools.partial(planning.plan, overrides=tuple(overrides)), prog="matchzoo plan", args=own)
    elif command == "run":
        own, overrides = split_overrides(words)
        tyro.cli(functools.partial(run, overrides=tuple(overrides)), prog="matchzoo run", args=own)
    else:
        raise MatchZooError(f"unknown command '{command}'{did_you_mean(command, COMMANDS)} ('matchzoo --help')")


def split_overrides(words: list[str], flags: Sequence[str] = RUN_FLAGS) -> tuple[list[str], list[str]]:
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


if __name__ == "__main__":
    main()
