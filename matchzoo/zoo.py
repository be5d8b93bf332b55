"""The door to the zoo: what is declared under ``zoo/``, as typed cards."""

from matchzoo import shipped
from matchzoo.card import BackboneCard as BackboneCard
from matchzoo.errors import DeclarationError
from matchzoo.tables import read_toml, structure

FOLDER = "zoo/backbones"


def names(pattern: str = "*") -> list[str]:
    """Names of the backbone cards that match a shell pattern."""
    return shipped.names(FOLDER, pattern)


def load(name: str) -> BackboneCard:
    """The card of a name, or of the path of a .toml file.

    Raises:
        MatchZooError: there is no such card (with the nearest name), or it is not a valid one (with all problems).
    """
    path = shipped.find(FOLDER, name, "backbone")
    try:
        return structure(read_toml(path), BackboneCard)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} is not a valid backbone card:"), *error.problems]) from None
