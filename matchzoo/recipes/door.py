"""The door to the declared recipes: what is under ``recipes/``, and any other ``.toml`` file."""

from typing import TYPE_CHECKING

from matchzoo.core import shipped
from matchzoo.core.errors import DeclarationError
from matchzoo.core.toml import read_text

if TYPE_CHECKING:
    from matchzoo.recipes.recipe import Recipe

FOLDER = "recipes"


def names(pattern: str = "*") -> list[str]:
    """Names of the declared recipes that match a shell pattern, such as ``lgm/*``."""
    return shipped.names(FOLDER, pattern)


def text(name: str) -> str:
    """The file of a recipe, as it is written."""
    return read_text(shipped.find(FOLDER, name, "recipe"))


def load(name: str) -> "Recipe":
    """The recipe of a name, or of the path of a ``.toml`` file.

    Raises:
        MatchZooError: there is no such recipe (with the nearest name), or it is not valid (with all problems).
    """
    from matchzoo.recipes.recipe import Recipe

    path = shipped.find(FOLDER, name, "recipe")
    try:
        return Recipe.read(path)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} is not a valid recipe:"), *error.problems]) from None
