"""Kernel mean matching: the ratio that makes the weighted denominator's kernel mean that of the numerator."""

import functools
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
    dd, dn = squared_distances(denominator, denominator), squared_distances(denominator, numerator)
    ratio = ratio_from_grams([gaussian(dd, s) for s in bandwidths], [gaussian(dn, s) for s in bandwidths], ridge)
    return ratio.clamp_min(0) if clip else ratio


def ratio_from_grams(dd: Sequence[torch.Tensor], dn: Sequence[torch.Tensor], ridge: float) -> torch.Tensor:
    """`kernel_mean_matching` (not clipped) from Gram matrices, for each bandwidth one [m, m] and one [m, n]."""
    m, n = dn[0].shape
    diagonal = torch.full((m,), ridge, dtype=dd[0].dtype, device=dd[0].device).diag()
    ratios = [torch.linalg.solve(a + diagonal, b.sum(1)) for a, b in zip(dd, dn, strict=True)]
    return functools.reduce(torch.add, ratios) * (m / (n * len(ratios)))


@declare("kernel-mean-matching")
class KernelMeanMatching(RatioEstimator):
    """`kernel_mean_matching`: closed form, at the denominator's points only."""

    bandwidths: tuple[float, ...] = attrs.field(validator=[positive(), not_empty()])
    """Standard deviations of the Gaussian kernels; their ratios are averaged."""
    ridge: float = attrs.field(default=1e-3, validator=positive())
    """Added to the diagonal of the Gram matrix."""

    def fit(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio at the denominator's points [m]."""
        dd = [denominator.gram(denominator, s) for s in self.bandwidths]
        dn = [denominator.gram(numerator, s) for s in self.bandwidths]
        return Ratio(denominator=ratio_from_grams(dd, dn, self.ridge))
