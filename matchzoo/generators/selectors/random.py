"""Samples chosen at random."""

from collections.abc import Sequence

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, class_rows, of_classes


def random_rows(labels: torch.Tensor, per_class: int | Sequence[int], rng: torch.Generator) -> torch.Tensor:
    """Rows of ``per_class`` random samples of every class (all where it has no more), classes in order, no repeats.

    Args:
        labels: [n] int64, on the CPU.
        per_class: at least 1; or how many of each class.
        rng: what chooses.
    """
    counts = zip(class_rows(labels), of_classes(per_class), strict=False)
    return torch.cat([rows[torch.randperm(len(rows), generator=rng)[:count]] for rows, count in counts])


@declare("random")
class Random(Selector):
    """`random_rows`, by the seed of the run."""

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [classes · per_class]."""
        assert pool.split.labels is not None
        return random_rows(pool.split.labels.cpu(), per_class or 1, pool.step.rng("random", 0))
