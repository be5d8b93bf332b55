"""Where real samples come from."""

from abc import ABC, abstractmethod
from typing import final

import attrs
import torch
from torch import nn

from matchzoo.declare import family
from matchzoo.errors import DeclarationError
from matchzoo.facts import Facts
from matchzoo.samples import Samples


class Split(nn.Module):
    """Samples held in memory: values [n, …] (uint8 for images, served as float in [0, 1]) and labels [n] or none."""

    values: torch.Tensor
    labels: torch.Tensor | None

    def __init__(self, values: torch.Tensor, labels: torch.Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("values", values, persistent=False)
        self.register_buffer("labels", labels, persistent=False)

    def __len__(self) -> int:
        return len(self.values)

    def render(self, index: torch.Tensor) -> Samples:
        """The samples of some rows [k]."""
        values = self.values[index]
        if values.dtype == torch.uint8:
            values = values.float() / 255
        return Samples(values, None if self.labels is None else self.labels[index], index=index)

    def all(self) -> Samples:
        """Every sample, in order."""
        return self.render(torch.arange(len(self), device=self.values.device))


@attrs.frozen
class Loaded:
    """What `Data.load` gives.

    Attributes:
        train: what is matched.
        test: what nothing is ever chosen on; None if there is no such part.
        class_names: in label order; empty without labels.
    """

    train: Split
    test: Split | None = None
    class_names: tuple[str, ...] = ()


@family("data")
class Data(nn.Module, ABC):
    """A source of real samples, in two halves: rows are drawn first, and rendering them is deterministic."""

    @abstractmethod
    def load(self) -> Loaded:
        """Read or make the samples, the same each time; raises with the remedy where they are not here."""

    @final
    def build(self, seed: int) -> Facts:
        """Load the samples and say what they are."""
        loaded = self.load()
        self.training_set, self.test_set = loaded.train, loaded.test
        self.class_names = loaded.class_names
        shape = tuple(loaded.train.values.shape[1:])
        classes = len(loaded.class_names) or None
        if loaded.train.labels is not None and classes is not None:
            counts = torch.bincount(loaded.train.labels, minlength=classes)
            empty = [name for name, count in zip(loaded.class_names, counts.tolist(), strict=True) if count == 0]
            if empty:
                raise DeclarationError([("data", f"classes without a training sample: {', '.join(empty[:8])}")])
        return Facts(shape=shape, classes=classes, class_names=loaded.class_names, count=len(loaded.train), seed=seed)

    @final
    def draw(self, n: int, rng: torch.Generator) -> torch.Tensor:
        """Rows [n] of the training samples, uniformly with replacement."""
        return torch.randint(len(self.training_set), (n,), generator=rng)

    @final
    def render(self, draws: torch.Tensor) -> Samples:
        """The training samples of some rows."""
        return self.training_set.render(draws)


def stratified(
    labels: torch.Tensor, share: float, seed: int, class_names: tuple[str, ...] = ()
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two disjoint sets of rows with the same share of every class.

    Args:
        labels: [n] int64.
        share: of the second set, in (0, 1); both sets get at least one row of each class.
        seed: of the shuffle.
        class_names: for the error.

    Returns:
        Rows of the first and of the second set, each ascending.

    Raises:
        DeclarationError: a class has fewer than two rows.
    """
    rng = torch.Generator().manual_seed(seed)
    first, second = [], []
    for label in range(int(labels.max()) + 1):
        rows = (labels == label).nonzero().flatten()
        if len(rows) < 2:
            name = f"class '{class_names[label]}'" if class_names else f"class {label}"
            raise DeclarationError([("data", f"{name}: a split needs at least 2 samples, got {len(rows)}")])
        rows = rows[torch.randperm(len(rows), generator=rng)]
        count = min(max(round(share * len(rows)), 1), len(rows) - 1)
        second.append(rows[:count])
        first.append(rows[count:])
    return torch.cat(first).sort().values, torch.cat(second).sort().values
