"""A folder of images, one folder a class."""

from matchzoo.data.data import Loaded
from matchzoo.data.encoded import Decoded
from matchzoo.data.listing import class_folders, folder_of, list_classes, refuse_overlap, refuse_repeats
from matchzoo.declare import declare
from matchzoo.errors import MatchZooError


@declare("image-folder")
class ImageFolder(Decoded):
    """``path/<class>/<image>``, split by share; or ``path/train/<class>/…`` beside ``path/test/…`` or ``path/val/…``.

    Classes are labelled in sorted order of their names. Images may lie in sub-folders of their class; hidden files are
    skipped. They are decoded once (`Decoding`) and kept as bytes in the cache (`Stored`).
    """

    path: str
    """The folder; ``~`` is the home folder."""

    def load(self) -> Loaded:
        """Read every image; raises where the folder, a class or an image is not as expected."""
        root = folder_of(self.path)
        if not (root / "train").is_dir():
            names = class_folders(root)
            listing = list_classes(root, names)
            refuse_repeats(listing)
            return self.shared(listing, names)
        names = class_folders(root / "train")
        train = list_classes(root / "train", names)
        held_out = next((root / name for name in ("test", "val") if (root / name).is_dir()), None)
        if held_out is None:
            return self.parted(train, None, names)
        odd = sorted(set(class_folders(held_out)) ^ set(names))
        if odd:
            raise MatchZooError(f"{held_out}: other classes than {root / 'train'}; only one has {', '.join(odd[:5])}")
        test = list_classes(held_out, names)
        refuse_overlap(train, test)
        return self.parted(train, test, names)
