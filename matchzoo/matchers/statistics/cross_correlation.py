"""The correlation between the features of two views of the same rows."""

from collections.abc import Sequence

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
        message = "expected two sets of features of one shape [n, d], n at least 2"
        raise MatchZooError(f"cross-correlation: {message}, got {tuple(x.shape)} and {tuple(y.shape)}")
    return standardized(x, eps).T @ standardized(y, eps) / len(x)


def standardized(features: torch.Tensor, eps: float = 0.0) -> torch.Tensor:
    """(z − mean) / √(var + eps) by feature, [n, d] → [n, d], with variances of 1/n: batch norm without scale and
    shift; differentiable through both moments."""
    return (features - features.mean(0)) * (features.var(0, unbiased=False) + eps).rsqrt()


@declare("cross-correlation")
class CrossCorrelation(JointStatistic):
    """`cross_correlation` [d, d] of two sets whose rows belong together.

    The loss of Barlow Twins, Σ_i (C_ii − 1)² + λ Σ_{i≠j} C_ij², is one term of the sets ``real`` and ``real'``: this
    statistic, the distance ``{ kind = "squared", off_diagonal = λ }`` and the reduction
    ``{ kind = "to-constant", constant = "identity" }``. It does not change where a feature is scaled or shifted, and
    where a feature is constant its C_ii is 0, so that a constant embedding costs d.

    Source: Zbontar et al., Barlow Twins, ICML 2021, with λ = 0.0051. Some published code divides by the deviation with
    1/(n − 1) and by n, so that two equal views have C_ii = (n − 1)/n and the loss never reaches 0.
    """

    eps: float = attrs.field(default=1e-5, validator=at_least(0))
    """Added to the variances; the released code's batch norm has 1e-5."""

    @property
    def uses_sample_weights(self) -> bool:
        """No: rows are pairs, all alike."""
        return False

    def measure_jointly(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """[d, d]; raises unless there are two sets of as many rows."""
        if len(sets) != 2:
            raise MatchZooError(f"cross-correlation: expected two sets, got {len(sets)}")
        first, second = (unweighted(samples, "cross-correlation") for samples in sets)
        return cross_correlation(first.values, second.values, self.eps)
