"""The correlation between the features of two views of the same rows."""

from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.statistic import JointStatistic


def cross_correlation(x: torch.Tensor, y: torch.Tensor, eps: float = 0.0) -> torch.Tensor:
    """C_ij = mean over rows of the product of standardized features, x̃_i ỹ_j, with standard deviations of 1/n.

    Args:
        x: [n, d], n at least 2.
        y: [n, d]; row by row of the same samples.
        eps: added to the variances.

    Returns:
        [d, d], entries in [−1, 1]; differentiable in both.

    Source: Zbontar et al., Barlow Twins, ICML 2021, equation 2.
    """
    if x.shape != y.shape or x.ndim != 2 or len(x) < 2:
        message = f"expected two sets of features of one shape [n, d], got {tuple(x.shape)} and {tuple(y.shape)}"
        raise MatchZooError(f"cross-correlation: {message}")
    standardized = [(z - z.mean(0)) * (z.var(0, unbiased=False) + eps).rsqrt() for z in (x, y)]
    return standardized[0].T @ standardized[1] / len(x)


@declare("cross-correlation")
class CrossCorrelation(JointStatistic):
    """`cross_correlation` of two sets whose rows belong together, or some of its entries.

    The loss of Barlow Twins is two terms under ``squared``: ``diagonal`` to the constant one, and ``off-diagonal`` to
    zero with a small weight λ, of the sets ``real`` and ``real'``.

    Source: Zbontar et al., Barlow Twins, ICML 2021.
    """

    entries: Literal["all", "diagonal", "off-diagonal"] = "all"
    """Which: the whole matrix [d, d], its diagonal [d], or the matrix with a diagonal of zeros."""
    eps: float = attrs.field(default=1e-5, validator=at_least(0))
    """Added to the variances; the released code's batch norm has 1e-5."""

    @property
    def uses_sample_weights(self) -> bool:
        """No: rows are pairs, all alike."""
        return False

    def measure_jointly(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """The entries; raises unless there are two sets of as many rows."""
        if len(sets) != 2:
            raise MatchZooError(f"cross-correlation: expected two sets, got {len(sets)}")
        first, second = (unweighted(samples, "cross-correlation") for samples in sets)
        matrix = cross_correlation(first.values, second.values, self.eps)
        if self.entries == "diagonal":
            return matrix.diagonal()
        return matrix if self.entries == "all" else matrix - torch.diag(matrix.diagonal())
