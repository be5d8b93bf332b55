"""The Kullback-Leibler importance estimation procedure (KLIEP)."""

import math
import time
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, check_bandwidths
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import Kernel, resolve
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import (
    BLOCK,
    CANDIDATES,
    REFINEMENTS,
    announce,
    center_rows,
    design_at,
    designs,
    fits,
    folds,
    narrowed,
)
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.ratios.solving.mixture import mixture_weights
from matchzoo.ratios.solving.weighting import Both, mean, second_moment, shares_of

SEARCHING = 1e-3
"""Distance of the mean log-likelihood from its maximum, at most, while a bandwidth is chosen."""
TOO_FAR = (
    "KLIEP: the sets are too far apart for the bandwidth (a kernel is 0 at every sample of one of them); give larger "
    "bandwidths"
)


@torch.no_grad()
def likeliest(numerator: torch.Tensor, denominator: torch.Tensor, shares: Both = (None, None)) -> torch.Tensor:
    """θ ≥ 0 that maximizes mean_p log φᵀθ subject to mean_q φᵀθ = 1.

    With w_l = θ_l mean_q φ_l these are the weights of a mixture, `mixture_weights`, within 1e-11 of the largest mean
    log-likelihood.

    Args:
        numerator: φ [n, b] ≥ 0 at samples of p, float64, every row with something above 0.
        denominator: φ [m, b] ≥ 0 at samples of q, float64, every column with something above 0.
        shares: of the samples of p [n] and of q [m] in these means, of a sum of 1 each; equal ones if None.

    Returns:
        θ [b].

    Raises:
        MatchZooError: a kernel reaches no sample of q, or a sample of p no kernel; or no convergence.

    Source: Sugiyama et al., Direct importance estimation for covariate shift adaptation, AISM 2008.
    """
    scale = mean(denominator, shares[1])
    if not (scale > 0).all() or not (numerator.amax(1) > 0).all():
        raise MatchZooError(TOO_FAR)
    densities = numerator.mT.clone(memory_format=torch.contiguous_format)
    return mixture_weights(densities.div_(scale[:, None]), shares[0]) / scale


class HeldOut:
    """The objective of KLIEP at samples that are left out, by bandwidth: mean_p log r − mean_q r + 1, a lower bound of
    the Kullback-Leibler divergence for any r.

    A fold of p and one of q are left out together, and the centers among those left out with them. (The papers and
    other code leave out samples of p alone, and keep their kernels; what is gained at kernels that reach few samples of
    q is then counted as likelihood, and the chosen bandwidth is too small.) A fit starts where that of the nearest
    bandwidth ended, and ends within `SEARCHING` of its maximum.

    Args:
        numerator: [n, d], float64.
        denominator: [m, d], float64; kernels are made for `BLOCK` of its rows at a time.
        centers: rows [b] of the numerator.
        folds: rows of each fold, of the numerator and of the denominator.
        shares: of the samples, as in `likeliest`, float64; those of a fold are divided by their sum.
    """

    def __init__(
        self,
        numerator: torch.Tensor,
        denominator: torch.Tensor,
        centers: torch.Tensor,
        folds: tuple[list[torch.Tensor], list[torch.Tensor]],
        shares: Both = (None, None),
    ) -> None:
        self.denominator, self.basis = denominator, numerator[centers]
        self.distances = squared_distances(self.basis, numerator)
        self.of_numerator, self.of_denominator = (
            torch.zeros(len(x), dtype=torch.long).index_put(
                (torch.cat(parts),), torch.arange(len(parts)).repeat_interleave(torch.tensor([*map(len, parts)]))
            )
            for x, parts in zip((numerator, denominator), folds, strict=True)
        )
        self.of_centers = self.of_numerator[centers]
        self.count = min(map(len, folds))
        self.shares = shares
        self.weights: dict[float, torch.Tensor] = {}

    def loss(self, bandwidth: float) -> float:
        """The negative objective of a bandwidth, mean over folds; infinite where a fit is not possible."""
        sums = self._sums(bandwidth)
        counts = self.of_denominator.bincount(self.shares[1], minlength=self.count)
        scale = sums.sum(0) / counts.sum()
        if not (scale > 0).all():
            return math.inf
        densities = gaussian(self.distances, bandwidth).div_(scale[:, None])
        start = None
        if self.weights:
            start = self.weights[min(self.weights, key=lambda s: abs(math.log(s / bandwidth)))]
        try:
            start = self.weights[bandwidth] = mixture_weights(densities, self.shares[0], start, SEARCHING)
            total = 0.0
            for k in range(self.count):
                kept = self.of_centers != k
                kept = kept if kept.any() else torch.ones_like(kept)
                without = ((sums.sum(0) - sums[k]) / (counts.sum() - counts[k]))[kept]
                if not (without > 0).all():
                    return math.inf
                phi, held = densities[kept].mul_((scale[kept] / without)[:, None]), self.of_numerator == k
                near = start[kept] / start[kept].sum() if start[kept].any() else None
                at_held, phi = phi[:, held], phi[:, ~held]
                w = mixture_weights(phi, self._part(~held), near, SEARCHING)
                likelihood = mean((w @ at_held).log(), self._part(held))
                total += (likelihood - (sums[k, kept] / counts[k] / without) @ w + 1).item()
        except MatchZooError:
            return math.inf
        return math.inf if math.isnan(total) else -total / self.count

    def _part(self, rows: torch.Tensor) -> torch.Tensor | None:
        """Shares of some rows (bool [n]) of the numerator in a mean over these."""
        if self.shares[0] is None:
            return None
        part = self.shares[0][rows]
        return part / part.sum()

    def _sums(self, bandwidth: float) -> torch.Tensor:
        """Sums of the kernels over the denominator's samples of each fold [k, b], each times its share if they have
        some."""
        sums = self.basis.new_zeros(self.count, len(self.basis))
        for start, x in zip(range(0, len(self.denominator), BLOCK), self.denominator.split(BLOCK), strict=True):
            kernels = gaussian(squared_distances(x, self.basis), bandwidth)
            if self.shares[1] is not None:
                kernels *= self.shares[1][start : start + BLOCK, None]
            sums.index_add_(0, self.of_denominator[start : start + BLOCK], kernels)
        return sums


@declare("kliep")
class KLIEP(RatioEstimator):
    """r(x) = Σ θ_l k(x, c_l) with θ ≥ 0, likeliest at the numerator's samples and of mean 1 at the denominator's.

    It is `likeliest`, never negative. Of several bandwidths the best at samples left out, `HeldOut`, is used (5 folds).
    Its mean over the denominator's samples is 1 by construction, so that this is no sign of a good fit.

    Source: Sugiyama et al., Direct importance estimation for covariate shift adaptation, AISM 2008.
    """

    uses_sample_weights: ClassVar[bool] = True
    bandwidths: Several[Bandwidth] = attrs.field(default=CANDIDATES, validator=check_bandwidths)
    """Standard deviations of the Gaussian kernel to choose from: numbers, or multiples of the median distance."""
    refine: bool | None = None
    """Whether to look for a better bandwidth between the neighbors of the best, by golden sections; if not given, where
    the bandwidths are the default ones."""
    centers: int = attrs.field(default=100, validator=at_least(1))
    """Kernels at most; where the numerator has more samples, that many are drawn."""
    kernel: Kernel | None = None
    """Another kernel than the Gaussian, of no negative value, with a bandwidth of its own, such as "laplacian"; nothing
    is then chosen."""

    def __attrs_post_init__(self) -> None:
        if self.kernel is not None and (self.bandwidths != CANDIDATES or self.refine is not None):
            raise DeclarationError([("kernel", "has its own bandwidth; leave out bandwidths and refine")])

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio, everywhere."""
        rows = center_rows(len(numerator), self.centers, step)
        basis = numerator if len(rows) == len(numerator) else numerator.rows(rows.to(numerator.values.device))
        if self.kernel is not None:
            kernel, chosen = self.kernel.resolved(numerator, denominator), {}
            at_p, at_q = (kernel.gram(samples, basis) for samples in (numerator, denominator))
            if min(at_p.min(), at_q.min()) < 0:
                raise MatchZooError("KLIEP: the kernel has negative values, and the ratio would; take another")
        else:
            widths = resolve(self.bandwidths, numerator, denominator)
            s = self._chosen(widths, numerator, denominator, rows, step) if len(widths) > 1 else widths[0]
            kernel, chosen = None, {"bandwidth": s}
            at_p, at_q = designs(numerator, denominator, basis, s)
        exact = double(at_p.detach()).cpu(), double(at_q.detach()).cpu()
        optimum = likeliest(*exact, shares_of(numerator, denominator))
        active = (optimum > 1e-12 * optimum.max()).nonzero().flatten().to(at_p.device)
        theta = _with_gradient(
            at_p[:, active], at_q[:, active], optimum.to(at_p)[active], (numerator.weights, denominator.weights)
        )

        def function(x: torch.Tensor) -> torch.Tensor:
            at_x = design_at(x, basis, s) if kernel is None else kernel.gram(Samples(x), basis)
            return at_x[:, active] @ theta

        return Ratio(
            denominator=at_q[:, active] @ theta,
            chosen=chosen,
            numerator=lambda: at_p[:, active] @ theta,
            function=function,
        )

    def _chosen(
        self, widths: list[float], numerator: Samples, denominator: Samples, rows: torch.Tensor, step: Step
    ) -> float:
        """The bandwidth of least held-out loss."""
        if min(len(numerator), len(denominator)) < 2:
            raise MatchZooError("KLIEP: cross-validation needs at least 2 samples of each set; give one bandwidth")
        p, q = (double(x.values.detach().flatten(1)).cpu() for x in (numerator, denominator))
        shares = shares_of(numerator, denominator)
        held_out = HeldOut(p, q, rows, (folds(len(p), step), folds(len(q), step)), shares)
        refine = self.bandwidths == CANDIDATES if self.refine is None else self.refine
        refinements = REFINEMENTS if refine else 0

        count, began = len(widths) + refinements, time.monotonic()
        with fits("KLIEP", count) as progress:

            def loss(s: float) -> float:
                value = held_out.loss(s)
                progress.update()
                if len(held_out.weights) == 1:
                    announce("KLIEP", count * (time.monotonic() - began))
                return value

            return narrowed({s: loss(s) for s in sorted(widths, reverse=True)}, loss, refinements)


def _with_gradient(
    numerator: torch.Tensor, denominator: torch.Tensor, theta: torch.Tensor, shares: Both
) -> torch.Tensor:
    """θ with the gradient that the implicit function theorem gives it, from one Newton step at the optimum."""
    if not any(x is not None and x.requires_grad for x in (numerator, denominator, *shares)):
        return theta
    with torch.no_grad():
        relative = numerator / (numerator @ theta)[:, None]
        inverse = torch.linalg.pinv(double(second_moment(relative, shares[0])), hermitian=True).to(theta)
    slope = mean(numerator / (numerator @ theta)[:, None], shares[0]) - mean(denominator, shares[1])
    return theta + inverse @ (slope - slope.detach())
