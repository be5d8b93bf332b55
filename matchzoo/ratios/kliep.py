"""The Kullback-Leibler importance estimation procedure (KLIEP)."""

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, check_bandwidths
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import resolve
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import CANDIDATES, best, centers, design, design_at, fits, folds
from matchzoo.ratios.quadratic_program import minimize_in_box
from matchzoo.ratios.ratio_estimator import Ratio, RatioEstimator

NEWTON_STEPS = 100
TOLERANCE = 1e-11
PROXIMAL = 1e-10


@torch.no_grad()
def likeliest(numerator: torch.Tensor, denominator: torch.Tensor) -> torch.Tensor:
    """θ ≥ 0 that maximizes mean_p log φᵀθ subject to mean_q φᵀθ = 1.

    Newton's method with the quadratic programs of `minimize_in_box`, from a few multiplicative updates, until no
    direction promises more than 1e-11 of log-likelihood: with w_l = θ_l mean_q φ_l this is a mixture's likelihood,
    whose distance from its maximum is at most max_l mean_p(φ_l / φᵀθ) / mean_q φ_l − 1.

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
        raise MatchZooError(
            "KLIEP: the sets are too far apart for the bandwidth (a kernel is 0 at every sample of one of them); give "
            "larger bandwidths"
        )
    phi = numerator / scale
    w = torch.full_like(scale, 1 / len(scale))
    for _ in range(20):
        w = w * (phi.mT @ (1 / (phi @ w))) / len(phi)
    for _ in range(NEWTON_STEPS):
        relative = phi / (phi @ w)[:, None]
        slope = relative.mean(0) - 1
        if slope.max() <= TOLERANCE:
            return w / w.sum() / scale
        curvature = relative.mT @ relative / len(phi)
        shift = PROXIMAL * curvature.diagonal().mean()
        curvature.diagonal().add_(shift)
        direction = minimize_in_box(curvature, slope + curvature @ w, start=w.where(w > 0.05 * w.max(), 0)) - w
        value, rate = (phi @ w).log().mean() - w.sum(), 1.0
        while rate > 1e-10:
            moved = w + rate * direction
            if (phi @ moved).log().mean() - moved.sum() >= value + 1e-4 * rate * (slope @ direction) - 1e-15:
                break
            rate /= 2
        w = torch.where(moved > 1e-12 * moved.max(), moved, 0)
    raise MatchZooError(f"KLIEP: not converged after {NEWTON_STEPS} steps; give a smaller bandwidth or fewer centers")


def held_out_likelihood(numerator: torch.Tensor, denominator: torch.Tensor, parts: list[torch.Tensor]) -> float:
    """Mean log-ratio of samples of p left out of the fit, over some parts (rows [k]) of them; −inf where it is 0."""
    likelihoods = []
    for part in parts:
        rest = torch.ones(len(numerator), dtype=torch.bool).index_fill(0, part, False)
        try:
            likelihoods.append((numerator[part] @ likeliest(numerator[rest], denominator)).log().mean().item())
        except MatchZooError:
            return -float("inf")
    return sum(likelihoods) / len(likelihoods)


@declare("kliep")
class KLIEP(RatioEstimator):
    """r(x) = Σ θ_l k(x, c_l) with θ ≥ 0, likeliest at the numerator's samples and of mean 1 at the denominator's.

    It is `likeliest`, never negative. Of several bandwidths the one of most held-out likelihood is used (5 folds of the
    numerator). Its mean over the denominator's samples is 1 by construction, so that this is no sign of a good fit.

    Source: Sugiyama et al., Direct importance estimation for covariate shift adaptation, AISM 2008.
    """

    bandwidths: Several[Bandwidth] = attrs.field(default=CANDIDATES, validator=check_bandwidths)
    """Standard deviations of the Gaussian kernel to choose from: numbers, or multiples of the median distance."""
    centers: int = attrs.field(default=100, validator=at_least(1))
    """Kernels at most; where the numerator has more samples, that many are drawn."""

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio, everywhere."""
        basis = centers(numerator, self.centers, step)

        def sides(s: float) -> tuple[torch.Tensor, torch.Tensor]:
            at_p, at_q = (design(x, basis, s) for x in (numerator, denominator))
            return double(at_p.detach()).cpu(), double(at_q.detach()).cpu()

        if len(self.bandwidths) > 1 and len(numerator) < 2:
            raise MatchZooError("KLIEP: cross-validation needs at least 2 samples of the numerator; give one bandwidth")
        parts = folds(len(numerator), step) if len(self.bandwidths) > 1 else []
        widths = [(s,) for s in resolve(self.bandwidths, numerator, denominator)]

        def loss(candidate: tuple[float, ...]) -> float:
            likelihood = held_out_likelihood(*sides(candidate[0]), parts)
            progress.update()
            return -likelihood

        with fits("KLIEP", len(widths)) as progress:
            [s] = best(widths, loss)
        optimum = likeliest(*sides(s))
        at_p, at_q = design(numerator, basis, s), design(denominator, basis, s)
        active = (optimum > 1e-12 * optimum.max()).nonzero().flatten().to(at_p.device)
        theta = _with_gradient(at_p[:, active], at_q[:, active], optimum.to(at_p)[active])
        return Ratio(
            denominator=at_q[:, active] @ theta,
            chosen={"bandwidth": s},
            numerator=lambda: at_p[:, active] @ theta,
            function=lambda x: design_at(x, basis, s)[:, active] @ theta,
        )


def _with_gradient(numerator: torch.Tensor, denominator: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    """θ with the gradient that the implicit function theorem gives it, from one Newton step at the optimum."""
    if not (numerator.requires_grad or denominator.requires_grad):
        return theta
    with torch.no_grad():
        relative = numerator / (numerator @ theta)[:, None]
        inverse = torch.linalg.pinv(double(relative.mT @ relative / len(numerator)), hermitian=True).to(theta)
    slope = (numerator / (numerator @ theta)[:, None]).mean(0) - denominator.mean(0)
    return theta + inverse @ (slope - slope.detach())
