"""Density ratios from the odds of a probabilistic classifier."""

import functools
import itertools
from collections.abc import Callable
from typing import ClassVar, Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, absolute, check_bandwidths
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.ratios.basis import best, fits, folds
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.ratios.solving.weighting import Both, mean, pooled_shares, relative_weights

NEWTON_STEPS = 200
MOST = 5000
"""Features that logistic regression takes: each of its steps solves a system of that size."""
TOLERANCE = 1e-11


def logistic_regression(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    ridge: float,
    progress: Progress | None = None,
    weights: Both = (None, None),
) -> torch.Tensor:
    """Coefficients w of the logit xᵀw that minimize (Σ_p log(1 + e^(−xᵀw)) + Σ_q log(1 + e^(xᵀw))) / (n + m) + ½ ε|w|².

    The last coefficient, of a column of ones, is the intercept and not penalized. Newton's method with halved steps, in
    float64, until no component of the gradient is above 1e-11; then w gets the gradient that the implicit function
    theorem gives it.

    Args:
        numerator: [n, k], the class of logit +∞; the last column ones.
        denominator: [m, k], the class of logit −∞.
        ridge: ε > 0.
        progress: of which this is one unit; the steps and the largest component of the gradient are shown beside it.
        weights: of the samples of both classes, [n] and [m], which multiply their terms and are counted in n + m; 1 if
            None.

    Returns:
        [k], float64, differentiable in both sets and their weights.

    Raises:
        MatchZooError: no convergence.
    """
    p, q = double(numerator), double(denominator)
    penalty = torch.full((p.shape[1],), ridge, dtype=p.dtype, device=p.device)
    penalty[-1] = 0
    of_p, of_q = (None if given is None else double(given) for given in weights)
    counts = [len(x) if given is None else given.sum() for x, given in ((p, of_p), (q, of_q))]
    total = counts[0] + counts[1]

    def slope(w: torch.Tensor) -> torch.Tensor:
        of_ones, of_zeros = _times(torch.sigmoid(-(p @ w)), of_p), _times(torch.sigmoid(q @ w), of_q)
        return (of_zeros @ q - of_ones @ p) / total + penalty * w

    def value(w: torch.Tensor) -> torch.Tensor:
        loss = _times(F.softplus(-(p @ w)), of_p).sum() + _times(F.softplus(q @ w), of_q).sum()
        return loss / total + (penalty * w * w).sum() / 2

    def curvature(w: torch.Tensor) -> torch.Tensor:
        x = torch.cat([p, q])
        odds = torch.sigmoid(x @ w)
        slopes = odds * (1 - odds)
        if of_p is not None or of_q is not None:
            slopes = torch.cat([_times(slopes[: len(p)], of_p), _times(slopes[len(p) :], of_q)])
        return (x * slopes[:, None]).mT @ x / total + penalty.diag()

    with torch.no_grad():
        w = torch.zeros_like(penalty)
        w[-1] = torch.as_tensor(counts[0] / counts[1]).log()
        for number in range(NEWTON_STEPS):
            gradient = slope(w)
            largest = gradient.abs().max()
            if progress is not None:
                progress.update(0, {"Newton steps": number, "gradient": largest.item()})
            if largest <= TOLERANCE:
                break
            direction = -torch.linalg.solve(curvature(w), gradient)
            before, rate = value(w), 1.0
            while value(w + rate * direction) > before + 1e-4 * rate * (gradient @ direction) + 1e-15 and rate > 1e-10:
                rate /= 2
            w = w + rate * direction
        else:
            raise MatchZooError("classifier: logistic regression did not converge; raise the ridges")
        hessian = curvature(w)
    if progress is not None:
        progress.update()

    derivative = slope(w)
    return w - torch.linalg.solve(hessian, derivative - derivative.detach())


def _times(terms: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Terms [n], each times its weight."""
    return terms if weights is None else weights * terms


@declare("classifier")
class Classifier(RatioEstimator):
    """r = (m/n) · e^logit, of a classifier of numerator (n samples) against denominator (m samples).

    Logistic regression fitted to convergence on ``linear``, ``quadratic`` or ``random-fourier`` features of the samples
    (standardized over both sets); of several ridges the one of most held-out likelihood is used (5 folds of each set).
    Or, with ``logit``, the samples' single feature is the logit itself: of any network, as a ``learned`` projector of
    one feature, that a player moves (by maximizing the Jensen-Shannon ``lower-bound``: a GAN's discriminator).

    Weights of samples, scaled to a mean of 1 in either set, multiply their losses and count in the standardization. A
    given logit is that of such a classifier, and no weights change it.

    Source: Sugiyama, Suzuki and Kanamori, Density ratio estimation in machine learning, 2012, chapter 4; random
    Fourier features: Rahimi and Recht, NeurIPS 2007.
    """

    uses_sample_weights: ClassVar[bool] = True
    features: Literal["linear", "quadratic", "random-fourier", "logit"] = "quadratic"
    """linear, quadratic (all products of two), random-fourier (of a Gaussian kernel), or logit (given by a network)."""
    ridges: Several[float] = attrs.field(default=(1e-4, 1e-3, 1e-2, 0.1), validator=[positive(), not_empty()])
    """Penalties of the squared coefficients to choose from."""
    bandwidth: Bandwidth = attrs.field(default="median", validator=check_bandwidths)
    """Of random-fourier: a number, "median" or a multiple of the median distance."""
    count: int = attrs.field(default=200, validator=at_least(1))
    """Random Fourier features."""

    def build(self, spec: Spec) -> None:
        """Refuse more than one feature where it is the logit."""
        if self.features == "logit" and spec.features != 1:
            raise DeclarationError(
                [("estimator.features", f"logit needs a projector of 1 feature, this one has {spec.features}")]
            )

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio, everywhere."""
        p, q = numerator.values.flatten(1), denominator.values.flatten(1)
        offset = torch.tensor(len(q) / len(p)).log().item()
        if self.features == "logit":
            if p.shape[1] != 1 or q.shape[1] != 1:
                raise MatchZooError(f"classifier: logit needs samples of 1 feature, got {p.shape[1]}")
            return _ratio(p[:, 0] + offset, q[:, 0] + offset, lambda x: x[:, 0] + offset, {})
        chosen: dict[str, float] = {}
        weights = relative_weights(numerator), relative_weights(denominator)
        expand = self._features(numerator, denominator, step, chosen)
        at_p, at_q = expand(p), expand(q)
        parts = (folds(len(p), step), folds(len(q), step)) if len(self.ridges) > 1 else ([], [])
        count = len(self.ridges) * max(map(len, parts)) + 1

        with fits("classifier", count) as progress:
            ridges = [(ridge,) for ridge in self.ridges]
            [ridge] = best(ridges, lambda candidate: held_out_loss(at_p, at_q, candidate[0], *parts, progress, weights))
            w = logistic_regression(at_p, at_q, ridge, progress, weights).to(p)
        chosen |= {"ridge": ridge}
        return _ratio(at_p @ w + offset, at_q @ w + offset, lambda x: expand(x) @ w + offset, chosen)

    def _features(
        self, numerator: Samples, denominator: Samples, step: Step, chosen: dict[str, float]
    ) -> Callable[[torch.Tensor], torch.Tensor]:
        """The map from points [k, d] to features with a column of ones [k, …]; a bandwidth is put among the chosen."""
        pooled = torch.cat([numerator.values.flatten(1), denominator.values.flatten(1)])
        shares = pooled_shares(numerator, denominator)
        center = mean(pooled, shares)
        spread = mean((pooled - center).square(), shares).clamp_min(torch.finfo(pooled.dtype).tiny).sqrt()
        d = pooled.shape[1]
        if self.features == "quadratic" and d * (d + 3) // 2 > MOST:
            raise MatchZooError(
                f"classifier: quadratic features of {d} dimensions are {d * (d + 3) // 2}, at most {MOST} are fitted; "
                'use features = "linear" or "random-fourier"'
            )
        if self.features == "random-fourier":
            rng = step.rng("random Fourier")
            frequencies = torch.randn(d, self.count, generator=rng).to(pooled)
            phases = (2 * torch.pi * torch.rand(self.count, generator=rng)).to(pooled)
            s = absolute(self.bandwidth, functools.partial(numerator.typical_distance, denominator))
            chosen["bandwidth"] = s

        rows, columns = torch.triu_indices(d, d, device=pooled.device)

        def expand(x: torch.Tensor) -> torch.Tensor:
            x = x.flatten(1)
            ones = torch.ones(len(x), 1, dtype=x.dtype, device=x.device)
            if self.features == "random-fourier":
                return torch.cat(
                    [(2 / self.count) ** 0.5 * torch.cos((x - center) @ frequencies / s + phases), ones], 1
                )
            x = (x - center) / spread
            products = [x[:, rows] * x[:, columns]] if self.features == "quadratic" else []
            return torch.cat([x, *products, ones], 1)

        return expand


@torch.no_grad()
def held_out_loss(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    ridge: float,
    numerator_parts: list[torch.Tensor],
    denominator_parts: list[torch.Tensor],
    progress: Progress | None = None,
    weights: Both = (None, None),
) -> float:
    """Mean logistic loss at samples that were left out of the fit, over some parts (rows [k]) of both sets [n, d]
    and [m, d], each by its weight if there are some."""
    loss = 0.0
    for a, b in itertools.zip_longest(numerator_parts, denominator_parts, fillvalue=torch.zeros(0, dtype=torch.long)):
        rest = [
            torch.ones(len(x), dtype=torch.bool).index_fill(0, rows, False).to(x.device)
            for x, rows in ((numerator, a), (denominator, b))
        ]
        if not all(mask.any() for mask in rest):
            raise MatchZooError("classifier: cross-validation needs at least 2 samples of each set; give one ridge")
        fitted, held = (
            [None if given is None else given[rows] for given, rows in zip(weights, masks, strict=True)]
            for masks in (rest, [~mask for mask in rest])
        )
        w = logistic_regression(numerator[rest[0]], denominator[rest[1]], ridge, progress, (fitted[0], fitted[1]))
        logits = double(numerator[~rest[0]]) @ w, double(denominator[~rest[1]]) @ w
        loss += (_times(F.softplus(-logits[0]), held[0]).sum() + _times(F.softplus(logits[1]), held[1]).sum()).item()
    return loss / (len(numerator) + len(denominator))


def _ratio(
    at_numerator: torch.Tensor,
    at_denominator: torch.Tensor,
    function: Callable[[torch.Tensor], torch.Tensor],
    chosen: dict[str, float],
) -> Ratio:
    """A ratio from its logarithms."""
    return Ratio(
        denominator=at_denominator.exp(),
        logs=(at_numerator, at_denominator),
        chosen=chosen,
        numerator=at_numerator.exp,
        function=lambda x: function(x).exp(),
    )
