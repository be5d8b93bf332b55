"""The door to the declared recipes: what is under ``recipes/``, and any other ``.toml`` file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchzoo.core import shipped
from matchzoo.core.declaration.toml import read_text
from matchzoo.core.errors import DeclarationError

if TYPE_CHECKING:
    from matchzoo.recipes.recipe import Recipe
    from matchzoo.runs.run import Run

FOLDER = "recipes"


def names(pattern: str = "*") -> list[str]:
    """Names of the declared recipes that match a shell pattern, such as ``lgm/*``."""
    return shipped.names(FOLDER, pattern)


def full_name(name: str) -> str:
    """The name of a declared recipe that a name stands for: ``quickstart`` for ``lgm/quickstart``; raises as `load`."""
    return shipped.full_name(FOLDER, name, "recipe")


def text(name: str) -> str:
    """The file of a recipe, as it is written."""
    return read_text(shipped.find(FOLDER, name, "recipe"))


def about(name: str) -> dict[str, str]:
    """What results of a recipe of a name or path call it: ``name``, its method, and ``declared``, its own name."""
    stem = Path(name).stem if name.endswith(".toml") else full_name(name)
    family, _, last = stem.rpartition("/")
    return {"name": last if family in ("", "baselines") else family.split("/")[0], "declared": stem}


def load(name: str) -> "Recipe":
    """The recipe of a name, or of the path of a ``.toml`` file.

    Raises:
        MatchZooError: there is no such recipe (with the nearest name), or it is not valid (with all problems).
    """
    path = shipped.find(FOLDER, name, "recipe")  # first, since what follows is heavy to import

    from matchzoo.recipes.recipe import Recipe

    try:
        return Recipe.read(path)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} is not a valid recipe:"), *error.problems]) from None


def load_with(name: str, overrides: Sequence[str], done: str, options: Iterable[str] = ()) -> "Recipe":
    """The recipe of a name or path with some fields overridden, as a command has them: ``--trainer.steps 50``.

    Args:
        name: of a recipe, or the path of a .toml file.
        overrides: dotted flags and their values.
        done: what is going to be done with it; errors say that it cannot be.
        options: of the command; a flag that is none of them, and no field, may have been meant as one.

    Raises:
        MatchZooError: as `load`, or a field or value is not valid.
    """
    table = table_with(name, overrides, done, options)

    from matchzoo.recipes.recipe import Recipe  # heavy to import, which a wrong field need not wait for

    try:
        return Recipe.of(table)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} cannot be {done}:"), *error.problems]) from None


def table_with(name: str, overrides: Sequence[str], done: str, options: Iterable[str] = ()) -> dict[str, Any]:
    """As `load_with`, the table of the recipe: each of its fields is valid by itself. Loads no torch."""
    from matchzoo.core.declaration.overrides import flags
    from matchzoo.core.declaration.toml import read_toml
    from matchzoo.recipes.checking import checked

    path = shipped.find(FOLDER, name, "recipe")
    try:
        return checked(read_toml(path), flags(overrides), options)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} cannot be {done}:"), *error.problems]) from None


def open(folder: str | Path) -> "Run":
    """The finished run of a folder: its recipe, its results and what came of it.

    Raises:
        MatchZooError: no run is there, or it is not finished, or its results are damaged.
    """
    from matchzoo.recipes.recipe import Recipe
    from matchzoo.runs.run import Run

    return Run.read(Path(folder), Recipe.read)
