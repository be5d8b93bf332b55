"""What is known of a data set: the ``[data]`` table that reads it, how large it is, and how it comes to a machine."""

from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.zoo.card import Card


@declare
class DataCard(Card):
    """What must be known of a data set to use it, and to say where it comes from.

    A recipe uses one by copying its table, so that the run's own recipe says all that was read:
    ``recipe.replace(data=zoo.load("tuxpaint-photos").data)``, or the lines of ``[data]`` as they stand in the card.
    """

    data: dict[str, Any] = attrs.field(validator=not_empty())
    """The table that a recipe copies; what it says is checked when it is used."""
    classes: int | None = attrs.field(default=None, validator=at_least(0))
    """Number of classes; 0 for samples without labels."""
    train: int | None = attrs.field(default=None, validator=positive())
    """Training samples."""
    test: int | None = attrs.field(default=None, validator=at_least(0))
    """Test samples."""
    pixels: str = ""
    """Size of the original images, in words."""
    bytes: int | None = attrs.field(default=None, validator=positive())
    """What has to be fetched, about; left out where nothing has, or nobody knows."""
    license: str = attrs.field(validator=not_empty())
    """License of the images (SPDX where there is one)."""
    source: str = attrs.field(validator=not_empty())
    """Who published them."""
    homepage: str = ""
    """Where they are described."""
    get: str = attrs.field(validator=not_empty())
    """How they come to this machine: a command, or a few words."""
    package: str = ""
    """The Python package that they come in, or that reads them, where it is none of matchzoo's own."""
    at: str = ""
    """What is there once they have come, where that is not the folder that the table names."""
    paper: str = ""
    """The paper to cite."""

    def folder(self) -> str:
        """The folder that the data are read from, as the table says it; empty where there is none."""
        return str(self.data.get("path") or self.data.get("root") or "")

    def summary(self) -> str:
        """Classes, images, pixels and what has to be fetched, as far as the card says."""
        parts = [] if self.classes is None else [f"{self.classes} classes" if self.classes else "no labels"]
        counts = [_spaced(count) for count in (self.train, self.test) if count]
        parts += [f"{' + '.join(counts)} images"] if counts else []
        parts += [self.pixels] if self.pixels else []
        parts += [] if self.bytes is None else [f"{_size(self.bytes)}"]
        return " · ".join(parts)

    def needs(self) -> str:
        """The images or the package, if they are not here."""
        if self.package and not _installed(self.package):
            return f"the package {self.package} is not installed: {self.get}"
        folder = self.at or self.folder()
        if not folder or Path(folder).expanduser().exists():
            return ""
        return f"the images are expected in {folder}: {self.get}"

    def bring(self, name: str) -> str:
        """What the card says of it."""
        return self.get


def _spaced(count: int) -> str:
    """Thousands apart, from 10 000 on."""
    return str(count) if count < 10_000 else f"{count:,}".replace(",", " ")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"


def _installed(package: str) -> bool:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
