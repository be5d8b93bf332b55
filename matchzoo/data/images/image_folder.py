"""A folder of images, one folder a class."""

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.data.data import Loaded
from matchzoo.data.reading.encoded import Decoded
from matchzoo.data.reading.folders import class_folders, parts_of, sub_folders
from matchzoo.data.reading.listing import folder_of, list_classes, refuse_overlap, refuse_repeats


@declare("image-folder")
class ImageFolder(Decoded):
    """``path/<class>/<image>``, split by share; or ``path/train/<class>/…`` beside ``path/test/<class>/…``.

    Parts may be called as people call them: ``Training`` and ``Testing``, ``seg_train``, ``test_images``, ``val``
    (`matchzoo.data.reading.splits`). Test goes before validation, a part with folders of classes before one without;
    what is left out is told. Without a part for testing, a share of train is kept for it.

    Classes are labeled in the order of their names, numbers as numbers. Images may lie in sub-folders of their class;
    hidden files are skipped, and other files that are no images are counted and told. They are decoded once
    (`Decoding`) and kept as bytes in the cache (`Stored`).
    """

    path: str
    """The folder; ``~`` is the home folder."""

    def load(self) -> Loaded:
        """Read every image; raises where the folder, a class or an image is not as expected."""
        parts = parts_of(folder_of(self.path))
        names = class_folders(parts.train)
        train = list_classes(parts.train, names)
        if parts.test is None:
            refuse_repeats(train)
            return self.shared(train, names)
        there = sub_folders(parts.test)
        odd = [name for name in there if name not in names]
        if odd:
            raise MatchZooError(f"{parts.test}: classes that {parts.train} does not have: {', '.join(odd[:5])}")
        test = list_classes(parts.test, names, may_lack=True)
        refuse_overlap(train, test)
        return self.parted(train, test, names)
