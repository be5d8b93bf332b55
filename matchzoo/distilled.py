"""A distilled data set: a few images that stand for many."""

import json
from pathlib import Path

import attrs
import torch
from safetensors import SafetensorError, safe_open

from matchzoo import files
from matchzoo.class_names import relabel
from matchzoo.errors import MatchZooError


@attrs.frozen(eq=False)
class DistilledDataset:
    """Images with labels and the names of their classes.

    Attributes:
        images: [m, 3, h, w] float32 in [0, 1].
        labels: [m] int64, indices into ``class_names``; or [m, c] float32, probabilities of the classes.
        class_names: in label order.
    """

    images: torch.Tensor
    labels: torch.Tensor
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int | torch.Tensor]:
        """Image [3, h, w] and label (or probabilities [c]), as torch's data loaders take them."""
        return self.images[index], self.labels[index] if self.labels.ndim == 2 else int(self.labels[index])

    @property
    def bytes(self) -> int:
        """Of images (float32) and labels, as they are stored."""
        return self.images.nbytes + self.labels.nbytes

    def save(self, path: str | Path) -> None:
        """Write a safetensors file with the class names in its metadata."""
        metadata = {"class_names": json.dumps(self.class_names), "format": "matchzoo-distilled-1"}
        files.write_tensors(Path(path), {"images": self.images, "labels": self.labels}, metadata)

    def with_classes(self, class_names: tuple[str, ...], title: str = "the distilled set") -> "DistilledDataset":
        """The same images with labels that are indices into ``class_names``, the same names in any order.

        Raises:
            MatchZooError: the names are others; ``title`` says of which set.
        """
        try:
            labels = relabel(self.labels, self.class_names, class_names)
        except MatchZooError as error:
            raise MatchZooError(f"{title}: {error}") from None
        return DistilledDataset(self.images, labels, class_names)

    @classmethod
    def load(cls, path: str | Path) -> "DistilledDataset":
        """Read what `save` wrote, or ``images.safetensors`` of a run's folder; raises if it is something else."""
        path = Path(path).expanduser()
        if path.is_dir():
            path = path / "images.safetensors"
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                names = tuple(json.loads(metadata["class_names"]))
                return cls(file.get_tensor("images"), file.get_tensor("labels"), names)
        except (KeyError, OSError, ValueError, SafetensorError) as error:
            raise MatchZooError(f"{path}: not a distilled data set ({error})") from None
