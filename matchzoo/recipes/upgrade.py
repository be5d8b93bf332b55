"""Tables of recipes of earlier formats, in the words of today's."""

from typing import Any

from matchzoo.core.declaration.renamed import in_todays_words


def upgraded(table: dict[str, Any]) -> dict[str, Any]:
    """A table of format 1 (matchzoo 0.1) in format 2; what it declares is the same."""
    terms = {"minimize", "maximize"}
    players = {
        name: {key: [_term(one) for one in value] if key in terms else value for key, value in player.items()}
        for name, player in (table.get("players") or {}).items()
        if isinstance(player, dict)
    }
    whole = {**table, "players": players} if players else table
    return {**in_todays_words(whole), "schema": 2}


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
