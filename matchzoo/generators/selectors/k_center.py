"""Samples that leave no other far from all of them."""

from collections.abc import Sequence

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, in_each_class


def k_center(features: torch.Tensor, count: int) -> torch.Tensor:
    """Positions [min(count, n)] of samples, chosen greedily: each is the one farthest (L2) from all before it.

    The first is the one nearest to the mean. The largest distance of any sample to its nearest center is at most
    twice the smallest possible one.

    Args:
        features: [n, d].
        count: how many.

    Source: Gonzalez, Clustering to minimize the maximum intercluster distance, 1985; for choosing training samples
    Sener and Savarese, ICLR 2018.
    """
    chosen = [int((features - features.mean(0)).square().sum(1).argmin())]
    nearest = torch.full_like(features[:, 0], torch.inf)
    while len(chosen) < min(count, len(features)):
        nearest = nearest.minimum((features - features[chosen[-1]]).square().sum(1))
        nearest[chosen] = -1  # never again, also where samples coincide
        chosen.append(int(nearest.argmax()))
    return torch.tensor(chosen)


def k_center_rows(features: Samples, per_class: int | Sequence[int]) -> torch.Tensor:
    """Rows [classes · per_class] of the `k_center` of every class (a sequence: how many of each), classes in order."""
    return in_each_class(features, per_class, k_center)


@declare("k-center")
class KCenter(Selector):
    """`k_center` in every class."""

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [classes · per_class]."""
        return k_center_rows(pool.features, per_class or 1)
