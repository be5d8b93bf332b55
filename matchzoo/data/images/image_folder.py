"""A folder of images, one folder a class, or a folder of such for every domain."""

from pathlib import Path
from typing import Literal

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data.data import Loaded
from matchzoo.data.domains.folders import classes_of_domains, domain_folders, list_domains
from matchzoo.data.reading.encoded import Decoded
from matchzoo.data.reading.folders import class_folders, parts_of, sub_folders
from matchzoo.data.reading.listing import folder_of, list_classes, list_images, refuse_overlap, refuse_repeats


@declare("image-folder")
class ImageFolder(Decoded):
    """``path/<class>/<image>``, split by share; or ``path/train/<class>/…`` beside ``path/test/<class>/…``.

    Parts may be called as people call them: ``Training`` and ``Testing``, ``seg_train``, ``test_images``, ``val``
    (`matchzoo.data.reading.splits`). Test goes before validation, a part with folders of classes before one without;
    what is left out is told. Without a part for testing, a share of train is kept for it.

    With ``domains``, ``path/<domain>/<class>/<image>``: the domains are the groups, and a share of every class in every
    domain is kept for testing. A domain may lack classes; one that is ``unlabeled`` may hold images without folders.
    Without labels (``labeled = false``) all images of the folder are training samples of no class.

    Classes are labeled in the order of their names, numbers as numbers. Images may lie in sub-folders of their class;
    hidden files are skipped, and other files that are no images are counted and told. They are decoded once
    (`Decoding`) and kept as bytes in the cache (`Stored`).
    """

    path: str
    """The folder; ``~`` is the home folder."""
    domains: Literal["all"] | tuple[str, ...] = ()
    """Names of the folders of domains, which hold those of the classes; "all" that there are; none if empty."""
    labeled: bool = True
    """Whether folders are classes; else images have no labels, such as those of a target domain."""

    def __attrs_post_init__(self) -> None:
        if self.domains and not self.labeled:
            raise DeclarationError([("labeled", "expected true with domains; name those without labels in unlabeled")])

    def load(self) -> Loaded:
        """Read every image; raises where the folder, a domain, a class or an image is not as expected."""
        if self.domains:
            return self._by_domain(folder_of(self.path), () if self.domains == "all" else self.domains)
        if not self.labeled:
            return self.without_labels(list_images(folder_of(self.path)))
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

    def _by_domain(self, folder: Path, wanted: tuple[str, ...]) -> Loaded:
        """Domains of the folder, split by share."""
        domains = domain_folders(folder, wanted)
        classes = classes_of_domains(folder, domains, self.unlabeled)
        whole = list_domains(folder, domains, classes)
        refuse_repeats(whole)
        return self.shared(whole, classes, domains, by_group=True)
