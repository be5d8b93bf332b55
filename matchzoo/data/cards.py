"""Cards of data sets: ready ``[data]`` tables under ``zoo/datasets/``, with where the data come from.

A recipe uses one by copying its table: ``recipe.replace(data=cards.load("tuxpaint-photos").data)``, or the lines of
``[data]`` as they stand in the card. So the run's own recipe says all that was read.
"""

from pathlib import Path

import attrs

from matchzoo import shipped
from matchzoo.data.data import Data
from matchzoo.declare import at_least, declare
from matchzoo.errors import DeclarationError
from matchzoo.tables import read_toml, structure

FOLDER = "zoo/datasets"


@declare
class DataCard:
    """What must be known of a data set to use it, and to say where it comes from."""

    data: Data
    """The table that a recipe copies."""
    classes: int = attrs.field(validator=at_least(0))
    """Number of classes; 0 for points without labels."""
    train: int = attrs.field(validator=at_least(1))
    """Training samples."""
    test: int = attrs.field(validator=at_least(0))
    """Test samples."""
    pixels: str
    """Size of the original images, in words."""
    licence: str
    """Licence of the images (SPDX where there is one)."""
    source: str
    """Who published them."""
    get: str
    """How they come to this machine."""
    at: str = ""
    """What is there once they have come, where that is not the folder that the table names."""
    bytes: int = attrs.field(validator=at_least(0))
    """What has to be fetched, about; 0 where nothing has."""
    paper: str = ""
    """The paper to cite."""

    def folder(self) -> str:
        """The folder that the data are read from, as the table says it; empty where there is none."""
        return str(getattr(self.data, "path", "") or getattr(self.data, "root", ""))

    def needs(self) -> str:
        """What must be on this machine, and how it comes here; empty if all is here."""
        folder = self.at or self.folder()
        if not folder or Path(folder).expanduser().exists():
            return ""
        return f"the images are expected in {folder}: {self.get}"


def names(pattern: str = "*") -> list[str]:
    """Names of the data cards that match a shell pattern."""
    return shipped.names(FOLDER, pattern)


def load(name: str) -> DataCard:
    """The card of a name, or of the path of a .toml file.

    Raises:
        MatchZooError: there is no such card (with the nearest name), or it is not a valid one (with all problems).
    """
    path = shipped.find(FOLDER, name, "data set")
    try:
        return structure(read_toml(path), DataCard)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} is not a valid data card:"), *error.problems]) from None


def remedy(folder: str, dataset: str | None = None) -> str:
    """How the data of a folder that is not here come to it, where a card knows; else an empty string.

    Args:
        folder: as the data's table says it.
        dataset: of torchvision, whose folder is shared by many.
    """
    for card in map(load, names()):
        if card.folder() == folder and getattr(card.data, "dataset", None) == dataset:
            return f"; {card.get}"
    return ""
