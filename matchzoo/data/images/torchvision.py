"""The data sets that torchvision reads and downloads."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import torch

from matchzoo import zoo
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data.data import Data, Loaded
from matchzoo.data.images.arrays import held, resized
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.listing import list_files
from matchzoo.data.split import Split, stratified

Name = Literal[
    "FashionMNIST", "MNIST", "CIFAR10", "CIFAR100", "SVHN", "STL10", "Flowers102", "Food101", "OxfordIIITPet", "DTD",
    "EuroSAT", "CelebA",
]  # fmt: skip
FLAG = frozenset({"FashionMNIST", "MNIST", "CIFAR10", "CIFAR100"})
"""Data sets whose parts torchvision tells apart by ``train=True``; the others have names for them."""
FIRST = {"OxfordIIITPet": "trainval"}
"""What the training part is called, where it is not ``train``."""
SIZE = 64
"""Pixels a side of images that come in many sizes, where none is given."""


@declare("torchvision")
class Torchvision(Data):
    """A data set of torchvision, with the parts that it has; EuroSAT, which has none, is split by share.

    Those that are arrays are taken as they are (or resized to ``size``); those that are files are decoded once, as in
    an image folder. Labels and class names are torchvision's (numbers where it has none); a validation part is left
    out. Downloads are torchvision's, checked against its own checksums.
    """

    dataset: Name
    """Name of the data set."""
    root: str = "data"
    """The folder that torchvision looks in; ``~`` is the home folder."""
    download: bool = False
    """Let torchvision download what is not there."""
    size: int | None = attrs.field(default=None, validator=at_least(8))
    """Pixels a side; those of the arrays, or 64 for files, if not given."""
    channels: Literal[1, 3] = 3
    """1 for gray, 3 for backbones; gray images are repeated, color becomes gray."""
    fit: Literal["crop", "pad"] = "crop"
    """How files become square: their center, or the whole on white."""
    attribute: str | None = None
    """CelebA's attribute that is the label, such as Smiling; needed for it, and for no other."""
    test_share: float = attrs.field(default=0.2, validator=[positive(), between(0, 1, open_high=True)])
    """Share of every class that is kept for testing, where the data set has no test part."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""

    def __attrs_post_init__(self) -> None:
        if (self.dataset == "CelebA") != (self.attribute is not None):
            expected = "missing: CelebA needs one, such as 'Smiling'" if self.attribute is None else "only for CelebA"
            raise DeclarationError([("attribute", expected)])

    def load(self) -> Loaded:
        """Read the data set; raises with the remedy where it is not here."""
        if self.dataset == "EuroSAT":
            whole = self._open()
            images, labels, names = self._content(whole)
            first, second = stratified(labels, self.test_share, self.split_seed, names)
            return Loaded(self._split(images, labels, first), self._split(images, labels, second), names)
        images, labels, names = self._content(self._open("train"))
        test_images, test_labels, test_names = self._content(self._open("test"))
        if test_names != names:
            odd = ", ".join(sorted(set(names) ^ set(test_names))[:5])
            raise MatchZooError(
                f"data.root: {self.dataset}: other classes for testing than for training ({odd}); is it whole?"
            )
        return Loaded(self._split(images, labels), self._split(test_images, test_labels), names)

    def _open(self, part: str = "") -> Any:
        """Torchvision's object of a part."""
        from torchvision import datasets

        root = Path(self.root).expanduser()
        make: Callable[..., Any] = getattr(datasets, self.dataset)
        if self.dataset in FLAG:
            options: dict[str, Any] = {"train": part == "train"}
        else:
            options = {"split": FIRST.get(self.dataset, part) if part == "train" else part} if part else {}
        try:
            return make(root=str(root), download=self.download, **options)
        except ImportError as error:
            package = str(error.name).partition(".")[0]
            raise MatchZooError(f"torchvision needs {package} for {self.dataset}: pip install {package}") from None
        except Exception as error:  # whatever a missing, cut or unreachable download runs into
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            if self.download:
                raise MatchZooError(
                    f"data: torchvision could not get {self.dataset} ({reason}); put its files into {root} yourself"
                ) from None
            raise MatchZooError(
                f"data.root: {self.dataset} cannot be read from {root} ({reason})"
                f"{zoo.remedy(self.root, self.dataset) or '; set data.download = true to let torchvision fetch it'}"
            ) from None

    def _content(self, found: Any) -> tuple[torch.Tensor | list[str], torch.Tensor, tuple[str, ...]]:
        """Images [n, c, h, w] or paths, labels [n], class names."""
        if self.dataset == "CelebA":
            known = [name for name in found.attr_names if name]
            if self.attribute not in known:
                raise MatchZooError(f"data.attribute: CelebA has no '{self.attribute}'; known: {', '.join(known)}")
            files = [os.path.join(found.root, found.base_folder, "img_align_celeba", name) for name in found.filename]
            labels = found.attr[:, known.index(str(self.attribute))].long()
            return files, labels, (f"not {self.attribute}", str(self.attribute))
        if hasattr(found, "data"):
            images = torch.as_tensor(np.asarray(found.data))
            if images.dim() == 3:
                images = images[:, None]
            elif images.shape[3] == 3:
                images = images.permute(0, 3, 1, 2)
            labels = torch.as_tensor(np.asarray(found.targets if hasattr(found, "targets") else found.labels)).long()
            return images.contiguous(), labels, _names(found, labels)
        if hasattr(found, "samples"):
            files, listed = [path for path, _ in found.samples], [label for _, label in found.samples]
        else:
            files = list(map(str, found._image_files if hasattr(found, "_image_files") else found._images))
            listed = list(found._labels)
        labels = torch.tensor(listed)
        return files, labels, _names(found, labels)

    def _split(self, images: torch.Tensor | list[str], labels: torch.Tensor, rows: torch.Tensor | None = None) -> Split:
        if isinstance(images, torch.Tensor):
            values = resized(images, self.size, self.channels, self.dataset)
            return held(values, labels, rows)
        root = Path(self.root).expanduser()
        listing = list_files(root, [os.path.relpath(file, root) for file in images], labels.tolist())
        return listing.split(Decoding(self.size or SIZE, self.channels, self.fit), rows)


def _names(found: Any, labels: torch.Tensor) -> tuple[str, ...]:
    names = tuple(map(str, getattr(found, "classes", ())))
    return names or tuple(map(str, range(int(labels.max()) + 1)))
