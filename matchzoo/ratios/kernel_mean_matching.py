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
from matchzoo.core.numerics.kernels import Energy, Gaussian, Kernel, resolve
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.ratios.ridge_choice import least_squares_ridge
from matchzoo.ratios.solving.kernel_sums import sums, system
from matchzoo.ratios.solving.landmarks import LandmarkMatching, drawn
from matchzoo.ratios.solving.quadratic_program import minimize_in_box
from matchzoo.ratios.solving.weighting import relative_weights

CHOSEN = "cross-validation"
LARGEST_SYSTEM = 20_000
"""Samples of the denominator up to which the kernel is exact: a matrix of that size is solved."""
LANDMARKS = 1000
"""Of the kernel above."""
LARGEST_SPECTRUM = 2048
"""Samples of the denominator up to which the system is kept for its condition number, which takes all eigenvalues."""
Ridge = float | Literal["cross-validation"]
"""A number above 0, or chosen by `least_squares_ridge`."""


def kernel_mean_matching(
    numerator: torch.Tensor | Samples,
    denominator: torch.Tensor | Samples,
    bandwidths: Sequence[Bandwidth] = ("median",),
    ridge: Ridge = 1e-3,
    clip: bool = False,
) -> torch.Tensor:
    """Density ratio at the denominator's points: r = (m/n) (K_dd + εI)⁻¹ K_dn 1, averaged over bandwidths.

    Examples:
        >>> ratio = kernel_mean_matching(torch.randn(300, 2), 1.5 * torch.randn(200, 2), ["median"])  # [200]

    Args:
        numerator: [n, d], or `Samples` with weights [n] (`KernelMeanMatching`).
        denominator: [m, d], or `Samples` with weights [m].
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
    """Kernel mean matching: the ratio at the denominator's points, in closed form or constrained.

    Unconstrained, it is `kernel_mean_matching`. With ``non-negative`` it minimizes the same ½ rᵀ(K_dd + εI)r −
    (m/n) 1ᵀK_nd r over 0 ≤ r ≤ ``bound`` and |mean(r) − 1| ≤ ``tolerance``, solved as `minimize_in_box` says, for each
    bandwidth, and averages.

    With weights u and v of the samples, scaled to a mean of 1, that is V (K_dd + εV⁻¹) V in the place of K_dd + εI and
    V K_dn u in that of K_dn 1, V = diag v: r = (m/n) (K_dd V + εI)⁻¹ K_dn u in closed form. A weight that is a whole
    number is that many copies of its sample, where ε is in proportion to the samples that there are. Samples of the
    denominator of weight 0 have the ratio that any other point has.

    Elsewhere the ratio is that of least squares in the kernel's space, ((m/n) Σ_p u k(x, p) − Σ_q v k(x, q) r(q) − ν) /
    ε within the same bounds (ν: the multiplier of the mean). At the denominator's points that is r: `ratio_anywhere`.

    Source: Huang et al., NeurIPS 2006 (bound 1000 and tolerance (√m − 1)/√m there); new points: Kanamori, Suzuki and
    Sugiyama, Machine Learning 2012 (KuLSIF).
    """

    uses_sample_weights: ClassVar[bool] = True
    bandwidths: Several[Bandwidth] = attrs.field(default=("median",), validator=check_bandwidths)
    """Standard deviations of the Gaussian kernels, numbers or multiples of the median distance such as "median"; their
    ratios are averaged."""
    kernel: Kernel | None = None
    """Another kernel than the Gaussian, such as "laplacian"."""
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
    landmarks: int | None = attrs.field(default=None, validator=at_least(1))
    """Samples of both sets that stand for the kernel (Nyström), drawn at random, without a gradient: the diagnostic
    kernel_error says how well. If not given, the kernel is exact up to 20 000 samples of the denominator, and has 1000
    landmarks above."""

    def __attrs_post_init__(self) -> None:
        for name in ("bound", "tolerance"):
            if getattr(self, name) is not None and self.constraint != "non-negative":
                raise DeclarationError([(name, 'only holds with constraint = "non-negative"')])
        if self.bound is not None and self.tolerance is not None and self.bound < 1 - self.tolerance:
            raise DeclarationError([("bound", f"a mean of at least {1 - self.tolerance} needs a bound that high")])
        if self.kernel is not None and self.bandwidths != ("median",):
            raise DeclarationError([("bandwidths", "are those of the Gaussian kernel; the other kernel has its own")])
        if isinstance(self.kernel, Energy):
            raise DeclarationError(
                [("kernel", "energy is positive on differences of distributions only; take another")]
            )
        if self.landmarks is not None and self.tolerance is not None:
            raise DeclarationError([("tolerance", "does not go with landmarks; leave either out")])

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio at the denominator's points [m], and elsewhere."""
        if self.kernel is None:
            widths = resolve(self.bandwidths, numerator, denominator)
            kernels: list[Kernel] = [Gaussian(bandwidths=(s,)) for s in widths]
        else:
            kernels = [self.kernel.resolved(numerator, denominator)]
        ridge = self.ridge
        if not isinstance(ridge, float | int):
            ridge = least_squares_ridge(numerator, denominator, kernels, step)
        landmarks = self.landmarks or (LANDMARKS if len(denominator) > LARGEST_SYSTEM else None)
        chosen = ({"ridge": float(ridge)} if self.ridge == CHOSEN else {}) | (
            {"landmarks": landmarks} if landmarks and self.landmarks is None else {}
        )
        if landmarks is None:
            estimated = self._exact(kernels, numerator, denominator, ridge)
        else:
            estimated = self._by_landmarks(kernels, numerator, denominator, ridge, landmarks, step)
        estimated = attrs.evolve(estimated, chosen=chosen)
        return estimated.clipped() if self.constraint == "clip" else estimated

    def _exact(self, kernels: list[Kernel], numerator: Samples, denominator: Samples, ridge: float) -> Ratio:
        m, n = len(denominator), len(numerator)
        scale = 1.0 if self.constraint == "non-negative" else m / n  # of what is solved
        low, high = self._limits()
        mean = None if self.tolerance is None else (1 - self.tolerance, 1 + self.tolerance)
        u, v = relative_weights(numerator), relative_weights(denominator)
        root = None if v is None else v.sqrt()
        ratios, multipliers, matrices = [], [], []
        for kernel in kernels:
            matrix = system(kernel, denominator, ridge, root)
            total = sums(kernel, denominator, numerator, u)
            multiplier = total.new_zeros(())
            if self.constraint == "non-negative":
                quadratic, linear = matrix, total * (m / n)
                if v is not None and root is not None:
                    quadratic, linear = matrix * root * root[:, None], linear * v
                r = minimize_in_box(quadratic, linear, self.bound, mean, weights=v).to(total)
                free = (r > 0) & (r < high)
                if mean is not None and free.any():
                    slope = linear - quadratic @ r
                    multiplier = (slope if v is None else slope / v)[free].mean()
            else:
                r = _solve(matrix, total) if root is None else _solve(matrix, total * root) / root
            ratios.append(r)
            multipliers.append(multiplier)
            if m <= LARGEST_SPECTRUM:
                matrices.append(matrix)

        def elsewhere(x: torch.Tensor) -> torch.Tensor:
            new, values = Samples(x), []
            for kernel, r, multiplier in zip(kernels, ratios, multipliers, strict=True):
                of_q = r * scale if v is None else v * r * scale
                across = sums(kernel, new, numerator, u) * (m / n) - sums(kernel, new, denominator, of_q)
                values.append(((across - multiplier) / ridge).clamp(low, high))
            return _mean(values)

        return Ratio(
            denominator=_mean(ratios) if scale == 1 else _mean(ratios) * scale,
            matrices=tuple(matrices),
            numerator=lambda: elsewhere(numerator.values),
            function=elsewhere,
        )

    def _by_landmarks(
        self,
        kernels: list[Kernel],
        numerator: Samples,
        denominator: Samples,
        ridge: float,
        count: int,
        step: Step,
    ) -> Ratio:
        if self.tolerance is not None:
            raise MatchZooError(
                f"kernel mean matching: a tolerance takes the whole kernel, of at most {LARGEST_SYSTEM} rows of the "
                f"denominator, got {len(denominator)}; leave the tolerance out, or take fewer rows"
            )
        p, q = numerator.values.flatten(1), denominator.values.flatten(1)
        moved = (p, q, numerator.weights, denominator.weights)
        if torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in moved):
            raise MatchZooError(
                "kernel mean matching: no gradient passes landmarks; leave them out, or detach the sets"
            )
        points = drawn((p, q), count, lambda: step.rng("landmarks"))
        weights = relative_weights(numerator), relative_weights(denominator)
        fits = [LandmarkMatching(kernel, p, q, points, ridge, *self._limits(), weights) for kernel in kernels]

        def elsewhere(x: torch.Tensor) -> torch.Tensor:
            return _mean([fit.at(x.flatten(1)) for fit in fits]).to(q)

        return Ratio(
            denominator=elsewhere(q),
            numerator=lambda: elsewhere(p),
            function=elsewhere,
            kernel_error=sum(fit.kernel_error for fit in fits) / len(fits),
        )

    def _limits(self) -> tuple[float, float]:
        """Between which the ratio is, before negative values are set to 0."""
        if self.constraint != "non-negative":
            return -float("inf"), float("inf")
        return 0.0, float("inf") if self.bound is None else self.bound


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
