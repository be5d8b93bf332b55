"""The commands that show what there is: matchzoo list, show, copy. Light: loads no torch."""

import shutil
from pathlib import Path
from typing import Annotated

import tyro

from matchzoo import recipes, zoo
from matchzoo.cli.entries import Entry, entries, matching, overview, text
from matchzoo.cli.usage import Flag, Name
from matchzoo.core import shipped
from matchzoo.core.declaration.toml import read_text
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.showing.text import as_json


def list_(
    pattern: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PATTERN")] = "*",
    json: Flag = False,
) -> None:
    """List recipes and cards: what they are, their license, and what of them is not on this machine.

    matchzoo list lgm

    Args:
        pattern: a method (lgm), the beginning of names (clip-) or a shell pattern ('*/cifar10', 'datasets/*'); all
            names in short if not given.
        json: print a list for programs.
    """
    listed = entries(pattern)
    if not listed:
        raise MatchZooError(f"nothing matches '{pattern}'{did_you_mean(pattern, _known())}")
    if json:
        print(as_json([entry.record() for entry in listed]))
    else:
        _print(listed, pattern)


def _print(listed: list[Entry], pattern: str) -> None:
    """Entries as text: in full those of a pattern, else in short."""
    width = min(shutil.get_terminal_size((120, 24)).columns, 120)
    print(overview(listed, width) if pattern == "*" else text(listed, width))


def show(name: Name) -> None:
    """Print a recipe or card as it is written; of a method, or the beginning of several names, list what there is.

    matchzoo show lgm/quickstart

    Args:
        name: of a recipe, backbone or data set, or the path of a .toml file.
    """
    if name.endswith(".toml") or zoo.full_name(name) is not None or len(_matching(name)) < 2:
        print(read_text(_find(name)), end="")
    else:
        _print(entries(name), name)


def copy(name: Name, file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]) -> None:
    """Copy a recipe or card to a file of your own, to edit and use by its path.

    matchzoo copy lgm/quickstart mine.toml

    Args:
        name: of a recipe, backbone or data set.
        file: where to write; must end in .toml and not exist.
    """
    content = read_text(_find(name))
    if file.suffix != ".toml":
        raise MatchZooError(f"{file}: expected a name that ends in .toml")
    if file.exists():
        raise MatchZooError(f"{file}: already exists; give another name or remove it")
    if not file.parent.is_dir():
        raise MatchZooError(f"{file.parent}: there is no such folder")
    from matchzoo.core.storage import files

    try:
        files.write_text(file, content)
    except OSError as error:
        raise MatchZooError(f"{file}: cannot be written ({error.strerror})") from None
    print(f"wrote {file}" if name.endswith(".toml") else f"wrote {file}; {_use(name, file)}")


def _find(name: str) -> Path:
    if name.endswith(".toml"):
        return shipped.find(recipes.FOLDER, name, "recipe")
    if zoo.full_name(name) is not None:
        return zoo.find(name)[0]
    if not any(full == name or full.endswith(f"/{name}") for full in recipes.names()):
        raise MatchZooError(f"unknown name '{name}'{did_you_mean(name, _known())} ('matchzoo list' shows all)")
    return shipped.find(recipes.FOLDER, name, "recipe")


def _matching(name: str) -> list[str]:
    """Names of recipes and full names of cards that a name may stand for."""
    of_recipes, of_cards = matching(name)
    if shipped.FIRST.endswith(f"/{name}"):
        return [shipped.FIRST]
    return [*of_recipes, *sorted(of_cards)]


def _known() -> list[str]:
    methods = {name.partition("/")[0] for name in recipes.names()}
    return [*methods, *recipes.names(), *map(zoo.short_name, zoo.names()), *zoo.names()]


def _use(name: str, file: Path) -> str:
    """How a copy is used."""
    full = zoo.full_name(name)
    if full is None:
        return f"run it with: matchzoo run {file}"
    if full.startswith("backbones/"):
        return f"a recipe uses it with: matchzoo run NAME --projector.card {file}"
    if full.startswith("distilled/"):
        return "it says what is known of the set, and how it is made or fetched"
    return f"a recipe uses it by its lines of [data], or with: matchzoo run NAME --data {file}"
