"""Samples nearest to the centers of clusters."""

from collections.abc import Sequence

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.numerics.clustering import k_means
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, in_each_class


def nearest_to_centers(features: torch.Tensor, count: int, seed: int = 0) -> torch.Tensor:
    """Positions [min(count, n)] of samples: of each of ``count`` clusters (`k_means`) the one nearest to its mean.

    Args:
        features: [n, d].
        count: of clusters.
        seed: of the starts of k-means.
    """
    if count >= len(features):
        return torch.arange(len(features))
    clusters, wide = k_means(features, count, seed), double(features)
    chosen = []
    for cluster in range(count):
        rows = (clusters == cluster).nonzero().flatten()
        distances = (wide[rows] - wide[rows].mean(0)).square().sum(1)
        chosen.append(int(rows[distances.argmin()]))
    return torch.tensor(chosen)


def k_means_rows(features: Samples, per_class: int | Sequence[int], seed: int = 0) -> torch.Tensor:
    """Rows [classes · per_class] of the `nearest_to_centers` of every class (a sequence: how many of each), classes in
    order."""
    return in_each_class(features, per_class, lambda own, count: nearest_to_centers(own, count, seed))


@declare("k-means")
class KMeans(Selector):
    """`nearest_to_centers` in every class, the starts by the seed of the run.

    It takes memory and time in proportion to the samples, where ``k-medoids`` takes all pairs of a class.
    """

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [classes · per_class]."""
        return k_means_rows(pool.features, per_class or 1, pool.step.seed)
