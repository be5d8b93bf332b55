"""What is wrong with a recipe's table, all at once, found without loading torch.

`matchzoo schema` prints what this reads: ``recipes/schema.json``, which is made of the classes of recipes
(``make schema``) and says what each field takes. What several fields say together, and what data and weights say, is
found when the recipe itself is made.
"""

import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from matchzoo import zoo
from matchzoo.core import shipped
from matchzoo.core.declaration.declare import Registry
from matchzoo.core.declaration.outline import Outline
from matchzoo.core.declaration.overrides import Flag, overridden
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean, join
from matchzoo.recipes.upgrade import check_format, upgraded

FILE = "schema.json"
CARDS = {"data": "datasets", "projector": "backbones"}
"""The folder of the zoo whose cards may stand in place of a part, by what messages call the part."""


def schema_text() -> str:
    """The JSON Schema of recipes, as it is shipped."""
    return (shipped.root() / "recipes" / FILE).read_text(encoding="utf-8")


@functools.cache
def _outline() -> Outline:
    return Outline(json.loads(schema_text()), "Recipe")


def outline() -> type:
    """What stands in for the class of recipes where torch is not loaded."""
    return _outline().cls


def family_outline(noun: str) -> type:
    """What stands in for a family, by what messages call a member of it, such as ``ratio estimator``."""
    return _outline().family(noun)


def checked(table: dict[str, Any], changes: Sequence[Flag] = (), options: Iterable[str] = ()) -> dict[str, Any]:
    """A recipe's table with some fields changed.

    Args:
        table: as read from TOML.
        changes: dotted paths and their words, as `matchzoo.core.declaration.overrides.flags` gives them.
        options: of the command that the changes were given to; a misspelled one is told among the changes.

    Raises:
        DeclarationError: all that is wrong with the changes, which their paths begin with dashes for, and with the
            fields of the changed table.
    """
    changed, refused = overridden(table, outline(), changes, part_of_card)
    flags = {path for path, _ in changes}
    near = {path: get_close_matches(path.replace("_", "-"), list(options), n=1, cutoff=0.6) for path in flags}
    problems = [(f"--{path.replace('_', '-')}", _told(path, message, near.get(path))) for path, message in refused]
    problems += _problems(changed)
    if problems:
        raise DeclarationError(problems)
    return changed


def _told(path: str, message: str, near: list[str] | None) -> str:
    """What is wrong with a change; a flag that is no field and ``near`` to an option was meant as that."""
    if not near or "." in path or "unknown field" not in message or f".{path}'" in message:
        return message
    return f"unknown option; did you mean '--{near[0]}'?"


def _problems(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the fields of a recipe's table."""
    try:
        check_format(table)
        structure(upgraded(table) if table.get("schema") == 1 else table, outline())
    except DeclarationError as error:
        yield from error.problems
    yield from _unknown_cards(table)


def _unknown_cards(value: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Cards that a table names at any depth and that are not there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        path = join(above, f"[{key}]" if isinstance(value, list) else str(key))
        if key == "card" and isinstance(inner, str):
            try:
                zoo.find(inner, zoo.BackboneCard)
            except MatchZooError as error:
                yield path, str(error)
        else:
            yield from _unknown_cards(inner, path)


def part_of_card(family: Registry[Any], word: str) -> Any:
    """The table of a part that is given by the name of a card: ``cifar10`` of data, ``dinov2-vit-b14`` of a projector.

    Args:
        family: that the part is of.
        word: the name, or the path of a card's file.

    Returns:
        The table; the word where no card can stand for such a part.

    Raises:
        DeclarationError: there is neither a kind nor a card of that name.
    """
    folder = CARDS.get(family.noun)
    if folder is None:
        return word
    called, kind = zoo.FOLDERS[folder]
    if not word.endswith(".toml") and f"{folder}/{word.removeprefix(f'{folder}/')}" not in zoo.names():
        known = [*family.names(), *(name.partition("/")[2] for name in zoo.names(f"{folder}/*"))]
        hint = did_you_mean(word, known)
        hint = hint if hint.startswith("; did") else f"; 'matchzoo list {folder}/*' shows the cards"
        raise DeclarationError([("", f"'{word}' is neither a kind of {family.noun} nor a card of a {called}{hint}")])
    name = word if word.endswith(".toml") else f"{folder}/{word.removeprefix(f'{folder}/')}"
    try:
        card = zoo.load(name, kind)
    except MatchZooError as error:
        raise DeclarationError([("", str(error))]) from None
    return dict(card.data) if isinstance(card, zoo.DataCard) else {"kind": "backbone", "card": word}
