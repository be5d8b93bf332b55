"""ImageNet (ILSVRC-2012), whole or one of the subsets that the literature distills."""

from pathlib import Path
from typing import Literal

import attrs

from matchzoo.core import shipped
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.data.data import Data, Loaded
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.listing import folder_of, list_classes, refuse_overlap

Subset = Literal[
    "1k", "100", "birds", "fruits", "cats", "imagenette", "imagewoof", "a", "b", "c", "d", "e"
]  # every one but 1k has its classes in zoo/imagenet_subsets.toml


@declare("imagenet")
class ImageNet(Data):
    """``path/train/<wnid>/…`` and ``path/val/<wnid>/…``, the classes of a subset in the order that its labels use.

    The validation images are the test set. Classes are called by their words and their wnid, such as ``tench
    (n01440764)``. Subsets of full ImageNet; imagenette and imagewoof have its training images, not those of their own
    smaller releases.
    """

    path: str
    """The folder that holds train and val; ``~`` is the home folder."""
    subset: Subset = "1k"
    """Which classes."""
    size: int = attrs.field(default=256, validator=at_least(8))
    """Pixels a side."""

    def load(self) -> Loaded:
        """Read every image of the subset; raises where a class is missing."""
        root = folder_of(self.path)
        classes = wnids(self.subset)
        names = tuple(f"{words} ({wnid})" for words, wnid in zip(_words(classes), classes, strict=True))
        for part in ("train", "val"):
            _check(root / part, classes)
        train, test = (list_classes(root / part, classes) for part in ("train", "val"))
        refuse_overlap(train, test)
        decoding = Decoding(self.size)
        return Loaded(train.split(decoding), test.split(decoding), names)


def wnids(subset: str) -> tuple[str, ...]:
    """The classes of a subset, in label order: sorted for the whole, as published for the others."""
    if subset == "1k":
        from timm.data import ImageNetInfo

        return tuple(ImageNetInfo().label_names())
    return tuple(read_toml(shipped.root() / "zoo/imagenet_subsets.toml")[subset]["wnids"])


def _words(classes: tuple[str, ...]) -> list[str]:
    from timm.data import ImageNetInfo

    info = ImageNetInfo()
    return [info.label_name_to_description(wnid).split(",")[0] for wnid in classes]


def _check(folder: Path, classes: tuple[str, ...]) -> None:
    if not folder.is_dir():
        raise MatchZooError(f"{folder}: there is no such folder; expected train/<wnid> and val/<wnid> below data.path")
    missing = [wnid for wnid in classes if not (folder / wnid).is_dir()]
    if missing:
        flat = " (the images of val have to be sorted into a folder for each wnid)" if missing == list(classes) else ""
        shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise MatchZooError(f"{folder}: no folder for {len(missing)} of {len(classes)} classes: {shown}{flat}")
