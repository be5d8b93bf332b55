"""Samples whose running mean follows the class mean."""

from collections.abc import Sequence

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, in_each_class


def herding(features: torch.Tensor, count: int) -> torch.Tensor:
    """Positions [min(count, n)] of samples z, chosen one after another without repeats.

    The t-th is the one that brings the mean of all t chosen nearest to the mean of all n:
    argmin_z ‖μ − (z₁ + … + z_{t−1} + z) / t‖.

    Args:
        features: [n, d].
        count: how many.

    Source: Welling, Herding dynamical weights to learn, ICML 2009; in this form Rebuffi et al., iCaRL, CVPR 2017,
    Algorithm 4 (which takes features of unit length; these are taken as they are).
    """
    centered = features - features.mean(0)
    squares = centered.square().sum(1)
    total = torch.zeros_like(centered[0])  # of what is chosen; its mean is to be 0
    chosen: list[int] = []
    for _ in range(min(count, len(features))):
        distances = squares + 2 * (centered @ total)  # but for ‖total‖², the same for every candidate
        distances[chosen] = torch.inf
        chosen.append(int(distances.argmin()))
        total = total + centered[chosen[-1]]
    return torch.tensor(chosen)


def herding_rows(features: Samples, per_class: int | Sequence[int]) -> torch.Tensor:
    """Rows [classes · per_class] of the `herding` of every class (a sequence: how many of each), classes in order."""
    return in_each_class(features, per_class, herding)


@declare("herding")
class Herding(Selector):
    """`herding` in every class."""

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [classes · per_class]."""
        return herding_rows(pool.features, per_class or 1)
