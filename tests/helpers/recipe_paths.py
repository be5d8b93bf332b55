"""A recipe changed by a line of the command, and a value of it by its path."""

import shlex
from typing import Any

from matchzoo.core.declaration.overrides import flags, override
from matchzoo.core.declaration.structuring import structure
from matchzoo.recipes.recipe import Recipe


def changed(table: dict, line: str) -> Recipe:
    """The recipe of a table and the words of a command line."""
    return structure(override(table, Recipe, flags(shlex.split(line))), Recipe)


def at(recipe: Recipe, path: str) -> Any:
    """What is at a dotted path of a recipe."""
    here: Any = recipe
    for name in path.split("."):
        here = here[int(name)] if name.isdigit() else here[name] if isinstance(here, dict) else getattr(here, name)
    return here
