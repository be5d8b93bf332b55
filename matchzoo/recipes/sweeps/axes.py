"""What a sweep varies: fields of a recipe, the values of each, and the runs that come of them."""

import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from matchzoo.core.declaration.overrides import get, in_words, override
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.recipes.comparison.seeds import SEED
from matchzoo.recipes.recipe import Recipe

LENGTH = 40
"""Characters of a value in the name of a folder; of longer ones the beginning, and a hash of all."""


@attrs.frozen(eq=False)
class Point:
    """One run of a sweep.

    Attributes:
        values: of the fields that vary, by their paths.
        recipe: with these values.
        name: of its folder.
    """

    values: dict[str, Any]
    recipe: Recipe
    name: str


def grid(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the values of some fields, the seed varying fastest."""
    paths = in_order(axes)
    return [dict(zip(paths, values, strict=True)) for values in itertools.product(*(axes[path] for path in paths))]


def in_order(paths: Iterable[str]) -> list[str]:
    """Paths of fields as they are, but for the seed, which is the last."""
    return sorted(paths, key=lambda path: path == SEED)


def points(table: dict[str, Any], axes: Mapping[str, Sequence[Any]]) -> list[Point]:
    """The runs of a grid.

    Args:
        table: of a recipe.
        axes: dotted paths, each with its values: words as an override has them, or what they stand for. One that has a
            single value changes the recipe of all.

    Raises:
        DeclarationError: a field or a value is not valid.
        MatchZooError: a field has no value, or the same one twice.
    """
    check(axes)
    varied = [path for path in in_order(axes) if len(axes[path]) > 1]
    made = [point_of(table, chosen, varied) for chosen in grid(axes)]
    names = [point.name for point in made]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise MatchZooError(f"sweep: two of its runs are the same ({twice}); say each value once")
    return made


def point_of(table: dict[str, Any], chosen: Mapping[str, Any], varied: Sequence[str]) -> Point:
    """The run of some values.

    Args:
        table: of a recipe.
        chosen: values by their paths.
        varied: the paths that the name of the run says.
    """
    changes = [(path, [in_words(value)]) for path, value in chosen.items()]
    recipe = Recipe.of(override(table, Recipe, changes))
    resolved = recipe.table()
    values = {path: get(resolved, path) for path in varied}
    return Point(values, recipe, name_of(values))


def check(axes: Mapping[str, Sequence[Any]]) -> None:
    """Raise where a field has no values, or they are no sequence of them."""
    problems = [
        (path, f"expected its values in a list, got {values!r}" if isinstance(values, str) else "expected a value")
        for path, values in axes.items()
        if isinstance(values, str) or not len(values)
    ]
    if problems:
        raise DeclarationError(problems)


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """The ends of some dotted paths that tell them apart: ``lr`` of ``players.generator.optimizer.lr``."""
    names = {}
    for path in paths:
        words = path.split(".")
        ends = [".".join(words[-length:]) for length in range(1, len(words) + 1)]
        others = [f".{other}" for other in paths if other != path]
        names[path] = next((end for end in ends if not any(other.endswith(f".{end}") for other in others)), path)
    return names


def in_short(values: Mapping[str, Any]) -> str:
    """Values with the short names of their fields: ``lr = 0.01, width = 64``; "the recipe as it is" without any."""
    names = short_names(list(values))
    return ", ".join(f"{names[path]} = {in_words(value)}" for path, value in values.items()) or "the recipe as it is"


def name_of(values: Mapping[str, Any]) -> str:
    """The name of the folder of a run: ``lr=0.01,seed=0``; letters, digits and what all file systems allow."""
    names = short_names(list(values))
    return ",".join(f"{names[path]}={_in_a_name(in_words(value))}" for path, value in values.items()) or "run"


def _in_a_name(words: str) -> str:
    plain = re.sub(r"[^\w.+-]+", "-", words).strip("-.")
    if plain == words and len(plain) <= LENGTH:
        return plain
    return f"{plain[:LENGTH]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
