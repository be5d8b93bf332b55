"""Maximum mean discrepancy (MMD)."""

import functools
from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.declare import declare, not_empty, positive
from matchzoo.errors import MatchZooError
from matchzoo.kernels import gaussian, squared_distances
from matchzoo.matchers.matcher import Matcher
from matchzoo.samples import Samples
from matchzoo.step import Step

Estimator = Literal["biased", "unbiased"]
ROOT_OFFSET = 1e-6


def mmd2(
    x: torch.Tensor, y: torch.Tensor, bandwidths: Sequence[float], estimator: Estimator = "biased"
) -> torch.Tensor:
    """Squared MMD of two samples under Gaussian kernels, summed over bandwidths.

    MMD² = mean k(x, x') − 2 mean k(x, y) + mean k(y, y'). ``biased`` takes the means over all pairs (V-statistic,
    never below 0 but for rounding); ``unbiased`` leaves the diagonals out (U-statistic, which may be negative).

    Args:
        x: [n, d].
        y: [m, d].
        bandwidths: standard deviations s > 0 of the kernels.
        estimator: ``biased`` or ``unbiased`` (n, m ≥ 2).

    Source: Gretton et al., A kernel two-sample test, JMLR 2012, equations 3 and 5.
    """
    distances = squared_distances(x, x), squared_distances(x, y), squared_distances(y, y)
    xx, xy, yy = (torch.stack([gaussian(squared, s) for s in bandwidths]).sum(0) for squared in distances)
    return mmd2_from_grams(xx, xy, yy, estimator)


def mmd2_from_grams(
    xx: torch.Tensor, xy: torch.Tensor, yy: torch.Tensor, estimator: Estimator = "biased"
) -> torch.Tensor:
    """`mmd2` from Gram matrices [n, n], [n, m] and [m, m]."""
    if estimator == "unbiased" and min(xy.shape) < 2:
        raise MatchZooError(f"unbiased MMD: expected at least 2 samples of each set, got {tuple(xy.shape)}")

    def within(gram: torch.Tensor) -> torch.Tensor:
        n = len(gram)
        return gram.mean() if estimator == "biased" else (gram.sum() - gram.diagonal().sum()) / (n * (n - 1))

    return within(xx) - 2 * xy.mean() + within(yy)


@declare("mmd")
class MMD(Matcher):
    """Maximum mean discrepancy under Gaussian kernels: MMD², summed over bandwidths, or its root.

    The root is sqrt(max(MMD², 0) + 1e-6), whose slope at 0 is finite.
    """

    bandwidths: tuple[float, ...] = attrs.field(validator=[positive(), not_empty()])
    """Standard deviations of the Gaussian kernels."""
    estimator: Estimator = "biased"
    """biased (V-statistic) or unbiased (U-statistic, may be negative)."""
    root: bool = False
    """Minimise the root of MMD², as the published GRAM-net and MMD-net code does."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """MMD² (or its root) of two sets, a scalar."""
        x, y = sets
        value = mmd2_from_grams(self._gram(x, x), self._gram(x, y), self._gram(y, y), self.estimator)
        return (value.clamp_min(0) + ROOT_OFFSET).sqrt() if self.root else value

    def _gram(self, a: Samples, b: Samples) -> torch.Tensor:
        """Sum over bandwidths."""
        return functools.reduce(torch.add, [a.gram(b, s) for s in self.bandwidths])
