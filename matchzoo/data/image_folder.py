"""A folder of images, one folder a class."""

from typing import Literal

import attrs
import torch

from matchzoo.data.data import Data, Loaded, stratified
from matchzoo.data.decoding import Decoding
from matchzoo.data.listing import class_folders, folder_of, list_classes, refuse_overlap, refuse_repeats
from matchzoo.declare import at_least, between, declare, positive
from matchzoo.errors import MatchZooError


@declare("image-folder")
class ImageFolder(Data):
    """``path/<class>/<image>``, split by share; or ``path/train/<class>/…`` beside ``path/test/…`` or ``path/val/…``.

    Classes are labelled in sorted order of their names. Images may lie in sub-folders of their class; hidden files are
    skipped. They are decoded once (`Decoding`) and kept as bytes in the cache (`Stored`).
    """

    path: str
    """The folder; ``~`` is the home folder."""
    size: int = attrs.field(default=64, validator=at_least(8))
    """Pixels a side."""
    fit: Literal["crop", "pad"] = "crop"
    """How images become square: their centre, or (for cut-outs) the whole on white."""
    test_share: float = attrs.field(default=0.2, validator=[positive(), between(0, 1, open_high=True)])
    """Share of every class that is kept for testing, where there is no folder of test images."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""

    def load(self) -> Loaded:
        """Read every image; raises where the folder, a class or an image is not as expected."""
        root = folder_of(self.path)
        decoding = Decoding(self.size, fit=self.fit)
        if not (root / "train").is_dir():
            names = class_folders(root)
            listing = list_classes(root, names)
            refuse_repeats(listing)
            first, second = stratified(torch.tensor(listing.labels), self.test_share, self.split_seed, names)
            return Loaded(listing.split(decoding, first), listing.split(decoding, second), names)
        names = class_folders(root / "train")
        train = list_classes(root / "train", names)
        held_out = next((root / name for name in ("test", "val") if (root / name).is_dir()), None)
        if held_out is None:
            return Loaded(train.split(decoding), None, names)
        odd = sorted(set(class_folders(held_out)) ^ set(names))
        if odd:
            raise MatchZooError(f"{held_out}: other classes than {root / 'train'}; only one has {', '.join(odd[:5])}")
        test = list_classes(held_out, names)
        refuse_overlap(train, test)
        return Loaded(train.split(decoding), test.split(decoding), names)
