"""A folder of images, one folder a class."""

from matchzoo.core.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.data.data import Loaded
from matchzoo.data.reading.encoded import Decoded
from matchzoo.data.reading.listing import (
    HELD_OUT,
    class_folders,
    folder_of,
    held_out,
    list_classes,
    refuse_overlap,
    refuse_repeats,
)


@declare("image-folder")
class ImageFolder(Decoded):
    """``path/<class>/<image>``, split by share; or ``path/train/<class>/…`` beside ``path/test/<class>/…``.

    The test folder may also be called val, validation, valid or dev: of several it is test, else they are refused.
    Without one, a share of train is kept for testing.

    Classes are labeled in sorted order of their names. Images may lie in sub-folders of their class; hidden files are
    skipped. They are decoded once (`Decoding`) and kept as bytes in the cache (`Stored`).
    """

    path: str
    """The folder; ``~`` is the home folder."""

    def load(self) -> Loaded:
        """Read every image; raises where the folder, a class or an image is not as expected."""
        root = folder_of(self.path)
        parts = [name for name in ("train", *HELD_OUT) if (root / name).is_dir()]
        first = root / "train" if "train" in parts else root
        second = held_out(parts, root) if first is not root else None
        names = class_folders(first)
        train = list_classes(first, names)
        if second is None:
            refuse_repeats(train)
            return self.shared(train, names)
        odd = sorted(set(class_folders(root / second)) ^ set(names))
        if odd:
            raise MatchZooError(f"{root / second}: other classes than {first}; only one has {', '.join(odd[:5])}")
        test = list_classes(root / second, names)
        refuse_overlap(train, test)
        return self.parted(train, test, names)
