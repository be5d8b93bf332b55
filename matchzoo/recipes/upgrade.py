"""Tables of recipes of earlier formats, in the words of today's."""

from typing import Any

from matchzoo.core.declaration.renamed import in_todays_words
from matchzoo.core.errors import DeclarationError

SCHEMA = 2
"""The format of recipes that is written."""


def check_format(table: dict[str, Any]) -> None:
    """Raise a `DeclarationError` if a table is of a later format than this version reads."""
    schema = table.get("schema", SCHEMA)
    if isinstance(schema, int) and not 1 <= schema <= SCHEMA:
        raise DeclarationError([("schema", f"expected {SCHEMA}, got {schema}; is matchzoo too old for it?")])


def upgraded(table: dict[str, Any]) -> dict[str, Any]:
    """A table of format 1 (matchzoo 0.1) in format 2; what it declares is the same."""
    terms = {"minimize", "maximize"}
    players = {
        name: {key: [_term(one) for one in value] if key in terms else value for key, value in player.items()}
        for name, player in (table.get("players") or {}).items()
        if isinstance(player, dict)
    }
    whole = {**table, "players": players} if players else table
    return {**in_todays_words(whole), "schema": SCHEMA}


def _term(term: Any) -> Any:
    """A term whose kind, or way to say its set, was another."""
    if term == "linear-probe":
        return "induced-probe"
    if not isinstance(term, dict):
        return term
    if term.get("kind") == "linear-probe":
        return {**term, "kind": "induced-probe"}
    if term.get("kind") == "classification" and "side" in term:
        return {**{key: value for key, value in term.items() if key != "side"}, "sets": [term["side"]]}
    return term
