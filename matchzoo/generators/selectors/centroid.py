"""Samples nearest to their class mean."""

from collections.abc import Sequence

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, in_each_class


def centroid_rows(features: Samples, per_class: int | Sequence[int]) -> torch.Tensor:
    """Rows of the ``per_class`` samples of every class whose features [n, d] are nearest (L2) to the class mean.

    All of a class that has no more; classes in order, the nearest first. A sequence says how many of each class.
    """
    return in_each_class(features, per_class, lambda own, count: (own - own.mean(0)).square().sum(1).argsort()[:count])


@declare("centroid")
class Centroid(Selector):
    """`centroid_rows`. With one image per class it is the centroid baseline of arXiv 2511.16674."""

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [classes · per_class]."""
        return centroid_rows(pool.features, per_class or 1)
