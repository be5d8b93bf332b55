"""Kernel mean matching: the ratio that makes the weighted denominator's kernel mean that of the numerator."""

from collections.abc import Sequence

import attrs
import torch

from matchzoo.declare import declare, not_empty, positive
from matchzoo.kernels import gaussian, squared_distances
from matchzoo.ratios.ratio_estimator import Ratio, RatioEstimator
from matchzoo.samples import Samples
from matchzoo.step import Step


def kernel_mean_matching(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    bandwidths: Sequence[float],
    ridge: float = 1e-3,
    clip: bool = False,
) -> torch.Tensor:
    """Density ratio at the denominator's points: r = (m/n) (K_dd + εI)⁻¹ K_dn 1, averaged over bandwidths.

    Args:
        numerator: [n, d].
        denominator: [m, d].
        bandwidths: standard deviations s > 0 of Gaussian kernels.
        ridge: ε > 0, added to the diagonal; not scaled by m.
        clip: set negative ratios to 0.

    Returns:
        [m], differentiable in both sets.

    Source: Huang et al., Correcting sample selection bias by unlabeled data, NeurIPS 2006, without constraints; the
    form of Srivastava et al., Generative ratio matching networks, ICLR 2020. Without ``clip`` it may be negative.
    """
    squared = squared_distances(denominator, denominator), squared_distances(denominator, numerator)
    return ratio_from_distances(*squared, bandwidths, ridge, clip)


def ratio_from_distances(
    dd: torch.Tensor, dn: torch.Tensor, bandwidths: Sequence[float], ridge: float, clip: bool = False
) -> torch.Tensor:
    """`kernel_mean_matching` from squared distances [m, m] and [m, n]."""
    m, n = dn.shape
    diagonal = torch.eye(m, dtype=dd.dtype, device=dd.device) * ridge
    grams = torch.stack([gaussian(dd, s) for s in bandwidths]) + diagonal
    sums = torch.stack([gaussian(dn, s).sum(1) for s in bandwidths])
    ratio = torch.linalg.solve(grams, sums).mean(0) * (m / n)
    return ratio.clamp_min(0) if clip else ratio


@declare("kernel-mean-matching")
class KernelMeanMatching(RatioEstimator):
    """`kernel_mean_matching`: closed form, at the denominator's points only."""

    bandwidths: tuple[float, ...] = attrs.field(validator=[positive(), not_empty()])
    """Standard deviations of the Gaussian kernels; their ratios are averaged."""
    ridge: float = attrs.field(default=1e-3, validator=positive())
    """Added to the diagonal of the Gram matrix."""

    def fit(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio at the denominator's points [m]."""
        dd, dn = denominator.squared_distances(denominator), denominator.squared_distances(numerator)
        return Ratio(denominator=ratio_from_distances(dd, dn, self.bandwidths, self.ridge))
