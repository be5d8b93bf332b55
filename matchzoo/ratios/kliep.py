"""The Kullback-Leibler importance estimation procedure (KLIEP)."""

import math
import time

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
from matchzoo.ratios.ratio_estimator import Ratio, RatioEstimator
from matchzoo.ratios.solving.mixture import mixture_weights

SEARCHING = 1e-3
"""Distance of the mean log-likelihood from its maximum, at most, while a bandwidth is chosen."""
TOO_FAR = (
    "KLIEP: the sets are too far apart for the bandwidth (a kernel is 0 at every sample of one of them); give larger "
    "bandwidths"
)


@torch.no_grad()
def likeliest(numerator: torch.Tensor, denominator: torch.Tensor) -> torch.Tensor:
    """θ ≥ 0 that maximizes mean_p log φᵀθ subject to mean_q φᵀθ = 1.

    With w_l = θ_l mean_q φ_l these are the weights of a mixture, `mixture_weights`, within 1e-11 of the largest mean
    log-likelihood.

    Args:
        numerator: φ [n, b] ≥ 0 at samples of p, float64, every row with something above 0.
        denominator: φ [m, b] ≥ 0 at samples of q, float64, every column with something above 0.

    Returns:
        θ [b].

    Raises:
        MatchZooError: a kernel reaches no sample of q, or a sample of p no kernel; or no convergence.

    Source: Sugiyama et al., Direct importance estimation for covariate shift adaptation, AISM 2008.
    """
    scale = denominator.mean(0)
    if not (scale > 0).all() or not (numerator.amax(1) > 0).all():
        raise MatchZooError(TOO_FAR)
    densities = numerator.mT.clone(memory_format=torch.contiguous_format)
    return mixture_weights(densities.div_(scale[:, None])) / scale


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
    """

    def __init__(
        self,
        numerator: torch.Tensor,
        denominator: torch.Tensor,
        centers: torch.Tensor,
        folds: tuple[list[torch.Tensor], list[torch.Tensor]],
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
        self.weights: dict[float, torch.Tensor] = {}

    def loss(self, bandwidth: float) -> float:
        """The negative objective of a bandwidth, mean over folds; infinite where a fit is not possible."""
        sums, counts = self._sums(bandwidth), self.of_denominator.bincount(minlength=self.count)
        scale = sums.sum(0) / counts.sum()
        if not (scale > 0).all():
            return math.inf
        densities = gaussian(self.distances, bandwidth).div_(scale[:, None])
        start = None
        if self.weights:
            start = self.weights[min(self.weights, key=lambda s: abs(math.log(s / bandwidth)))]
        try:
            start = self.weights[bandwidth] = mixture_weights(densities, None, start, SEARCHING)
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
                w = mixture_weights(phi, None, near, SEARCHING)
                total += ((w @ at_held).log().mean() - (sums[k, kept] / counts[k] / without) @ w + 1).item()
        except MatchZooError:
            return math.inf
        return math.inf if math.isnan(total) else -total / self.count

    def _sums(self, bandwidth: float) -> torch.Tensor:
        """Sums of the kernels over the denominator's samples of each fold [k, b]."""
        sums = self.basis.new_zeros(self.count, len(self.basis))
        for x, fold in zip(self.denominator.split(BLOCK), self.of_denominator.split(BLOCK), strict=True):
            sums.index_add_(0, fold, gaussian(squared_distances(x, self.basis), bandwidth))
        return sums


@declare("kliep")
class KLIEP(RatioEstimator):
    """r(x) = Σ θ_l k(x, c_l) with θ ≥ 0, likeliest at the numerator's samples and of mean 1 at the denominator's.

    It is `likeliest`, never negative. Of several bandwidths the best at samples left out, `HeldOut`, is used (5 folds).
    Its mean over the denominator's samples is 1 by construction, so that this is no sign of a good fit.

    Source: Sugiyama et al., Direct importance estimation for covariate shift adaptation, AISM 2008.
    """

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
        optimum = likeliest(double(at_p.detach()).cpu(), double(at_q.detach()).cpu())
        active = (optimum > 1e-12 * optimum.max()).nonzero().flatten().to(at_p.device)
        theta = _with_gradient(at_p[:, active], at_q[:, active], optimum.to(at_p)[active])

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
        held_out = HeldOut(p, q, rows, (folds(len(p), step), folds(len(q), step)))
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


def _with_gradient(numerator: torch.Tensor, denominator: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    """θ with the gradient that the implicit function theorem gives it, from one Newton step at the optimum."""
    if not (numerator.requires_grad or denominator.requires_grad):
        return theta
    with torch.no_grad():
        relative = numerator / (numerator @ theta)[:, None]
        inverse = torch.linalg.pinv(double(relative.mT @ relative / len(numerator)), hermitian=True).to(theta)
    slope = (numerator / (numerator @ theta)[:, None]).mean(0) - denominator.mean(0)
    return theta + inverse @ (slope - slope.detach())
