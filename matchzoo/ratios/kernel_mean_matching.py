"""Kernel mean matching: the ratio that makes the weighted denominator's kernel mean that of the numerator."""

import functools
from collections.abc import Sequence
from typing import ClassVar, Literal

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, numbers_only, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, check_bandwidths
from matchzoo.core.numerics.kernels import resolve
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.quadratic_program import minimize_in_box
from matchzoo.ratios.ratio_estimator import Ratio, RatioEstimator
from matchzoo.ratios.ridge_choice import least_squares_ridge

CHOSEN = "cross-validation"
Ridge = float | Literal["cross-validation"]
"""A number above 0, or chosen by `least_squares_ridge`."""


def kernel_mean_matching(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    bandwidths: Sequence[Bandwidth] = ("median",),
    ridge: Ridge = 1e-3,
    clip: bool = False,
) -> torch.Tensor:
    """Density ratio at the denominator's points: r = (m/n) (K_dd + εI)⁻¹ K_dn 1, averaged over bandwidths.

    Examples:
        >>> ratio = kernel_mean_matching(torch.randn(300, 2), 1.5 * torch.randn(200, 2), ["median"])  # [200]

    Args:
        numerator: [n, d].
        denominator: [m, d].
        bandwidths: standard deviations s > 0 of Gaussian kernels, or multiples of the median such as ``"median"``.
        ridge: ε > 0, added to the diagonal; not scaled by m. Or "cross-validation", as `least_squares_ridge` does it.
        clip: set negative ratios to 0.

    Returns:
        [m], differentiable in both sets.

    Source: Huang et al., Correcting sample selection bias by unlabeled data, NeurIPS 2006, without constraints; the
    form of Srivastava et al., Generative ratio matching networks, ICLR 2020. Without ``clip`` it may be negative. With
    it, what had cancelled negative weights stays: where p has no samples, weights of 0 on average become positive. As
    weights of a regression take `KernelMeanMatching` with ``constraint="non-negative"``.
    """
    matching = KernelMeanMatching(bandwidths=bandwidths, ridge=ridge, constraint="clip" if clip else "none")
    return matching(numerator, denominator)


@declare("kernel-mean-matching")
class KernelMeanMatching(RatioEstimator):
    """Kernel mean matching: the ratio at the denominator's points only, in closed form or constrained.

    Unconstrained, it is `kernel_mean_matching`. With ``non-negative`` it minimizes the same ½ rᵀ(K_dd + εI)r −
    (m/n) 1ᵀK_nd r over 0 ≤ r ≤ ``bound`` and |mean(r) − 1| ≤ ``tolerance``, solved as `minimize_in_box` says, for each
    bandwidth, and averages.

    Source: Huang et al., NeurIPS 2006 (bound 1000 and tolerance (√m − 1)/√m there).
    """

    out_of_sample: ClassVar[bool] = False
    bandwidths: Several[Bandwidth] = attrs.field(default=("median",), validator=check_bandwidths)
    """Standard deviations of the Gaussian kernels, numbers or multiples of the median distance such as "median"; their
    ratios are averaged."""
    ridge: Ridge = attrs.field(default=1e-3, validator=numbers_only(positive()))
    """Added to the diagonal of the Gram matrix: a number, or "cross-validation" for that of least squared error of the
    unconstrained ratio at samples left out, which takes time."""
    constraint: Literal["none", "clip", "non-negative"] = "none"
    """none (closed form, may be negative), clip (negative values set to 0: a positive remainder stays where weights
    cancelled), or non-negative (constrained minimum, for weights of a regression)."""
    bound: float | None = attrs.field(default=None, validator=positive())
    """Upper bound of the constrained ratio."""
    tolerance: float | None = attrs.field(default=None, validator=at_least(0))
    """How far the mean of the constrained ratio may be from 1; any mean if not given."""

    def __attrs_post_init__(self) -> None:
        for name in ("bound", "tolerance"):
            if getattr(self, name) is not None and self.constraint != "non-negative":
                raise DeclarationError([(name, 'only holds with constraint = "non-negative"')])
        if self.bound is not None and self.tolerance is not None and self.bound < 1 - self.tolerance:
            raise DeclarationError([("bound", f"a mean of at least {1 - self.tolerance} needs a bound that high")])

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio at the denominator's points [m]."""
        bandwidths = resolve(self.bandwidths, numerator, denominator)
        ridge = self.ridge
        if not isinstance(ridge, float | int):
            ridge = least_squares_ridge(numerator, denominator, bandwidths, step)
        matrices = [plus_ridge(denominator.gram(denominator, s), ridge) for s in bandwidths]
        across = [denominator.gram(numerator, s) for s in bandwidths]
        m, n = across[0].shape
        if self.constraint == "non-negative":
            mean = None if self.tolerance is None else (1 - self.tolerance, 1 + self.tolerance)
            solved = [
                minimize_in_box(a, b.sum(1) * (m / n), self.bound, mean).to(b)
                for a, b in zip(matrices, across, strict=True)
            ]
            ratio = _mean(solved)
        else:
            ratio = _mean([_solve(a, b.sum(1)) for a, b in zip(matrices, across, strict=True)])
            ratio = ratio if m == n else ratio * (m / n)
        chosen = {"ridge": float(ridge)} if self.ridge == CHOSEN else {}
        estimated = Ratio(denominator=ratio, matrices=tuple(matrices), chosen=chosen)
        return estimated.clipped() if self.constraint == "clip" else estimated


def plus_ridge(matrix: torch.Tensor, ridge: float) -> torch.Tensor:
    """Matrix [n, n] + ridge · I, without making I; differentiable."""
    moved = matrix.clone()
    moved.detach().diagonal().add_(ridge)  # a constant, so nothing for the backward pass
    return moved


def _solve(matrix: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    if matrix.is_cuda:  # to look at what happened would make the host wait; the trainer refuses what is not finite
        solution, failed = torch.linalg.solve_ex(matrix, right)
        return solution.masked_fill(failed != 0, torch.nan)
    try:
        return torch.linalg.solve(matrix, right)
    except torch.linalg.LinAlgError:
        raise MatchZooError("kernel mean matching: the Gram matrix is singular; raise the ridge") from None


def _mean(ratios: list[torch.Tensor]) -> torch.Tensor:
    return ratios[0] if len(ratios) == 1 else functools.reduce(torch.add, ratios) / len(ratios)
