"""The question of a selector: which real samples stand for all of them?"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import final

import torch

from matchzoo.core.declaration.declare import family
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.spec import Spec
from matchzoo.data.pool import Pool


@family("selector")
class Selector(ABC):
    """A choice of rows of the real training samples, in the space of the projector where it looks at features."""

    def count(self, spec: Spec, per_class: int | None) -> int:
        """How many rows it chooses; ``per_class`` is None where that was not said, and is 1 then."""
        return (spec.classes or 0) * (per_class or 1)

    @abstractmethod
    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Different rows [m] of the pool, on the CPU."""

    @final
    def choose(self, pool: Pool, per_class: int | None) -> Samples:
        """The samples that are chosen, with their rows as index; a `DeclarationError` where a class has fewer samples
        than are asked for."""
        assert pool.split.labels is not None  # whoever asks for samples of classes has them
        counts = pool.split.labels.bincount().tolist()
        smallest = min(counts)
        if smallest < (per_class or 1):
            name = pool.class_names[counts.index(smallest)]
            message = f"class '{name}' has {smallest} training samples, got {per_class}"
            raise DeclarationError([("generator.images_per_class", message)])
        rows = self.select(pool, per_class)
        samples = pool.split.render(rows)
        return Samples(samples.values, samples.labels, index=rows)


def class_rows(labels: torch.Tensor) -> list[torch.Tensor]:
    """Rows of every class of labels [n], ascending, classes in order."""
    return [(labels == label).nonzero().flatten() for label in range(int(labels.max()) + 1)]


def in_each_class(
    features: Samples, per_class: int | Sequence[int], choose: Callable[[torch.Tensor, int], torch.Tensor]
) -> torch.Tensor:
    """Rows that a function chooses within each class, classes in order, on the CPU.

    Args:
        features: values [n, d] with labels [n].
        per_class: how many of every class, or of each.
        choose: features [k, d] of one class and how many → positions [m] in 0 … k − 1.
    """
    assert features.labels is not None
    unweighted(features, "a selector")
    if not bool(features.values.isfinite().all()):
        raise MatchZooError("some features are not finite; are the images in [0, 1], and the weights whole?")
    chosen = [
        rows[choose(features.values[rows], count).to(rows.device)]
        for rows, count in zip(class_rows(features.labels), of_classes(per_class), strict=False)
        if count
    ]
    return torch.cat(chosen).cpu()


def of_classes(per_class: int | Sequence[int]) -> Iterable[int]:
    """How many of each class, where one number stands for all of them."""
    return repeat(per_class) if isinstance(per_class, int) else per_class


def refuse_count(kind: str, per_class: int | None, counted: str) -> None:
    """Raise a `DeclarationError` where images per class are said to a selector that counts by itself."""
    if per_class is not None:
        message = f"'{kind}' takes as many as {counted}; leave images_per_class out, got {per_class}"
        raise DeclarationError([("generator.images_per_class", message)])
