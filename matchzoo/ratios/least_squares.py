"""Least-squares fitting of a density ratio by kernels, plain (uLSIF) and relative (RuLSIF)."""

import time
from collections.abc import Sequence

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import resolve
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import CANDIDATES, REFINEMENTS, announce, centers, design_at, designs, fits, narrowed
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.solving.weighting import Both, Shares, mean, second_moment, shares_of

RIDGES = (1e-3, 1e-2, 0.1)
"""Penalties to choose from."""
ROWS = 2048
"""Samples that are left out at once."""


def coefficients(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    ridge: float,
    relative: float = 0.0,
    shares: Both = (None, None),
) -> tuple[torch.Tensor, torch.Tensor]:
    """θ = (H + λI)⁻¹ h, the minimizer of ½ θᵀHθ − hᵀθ + ½ λ|θ|²: the squared error of φᵀθ as relative density ratio.

    H = α mean_p φφᵀ + (1 − α) mean_q φφᵀ and h = mean_p φ.

    Args:
        numerator: φ [n, b] at samples of p.
        denominator: φ [m, b] at samples of q.
        ridge: λ > 0.
        relative: α in [0, 1].
        shares: of the samples of p [n] and of q [m] in these means, of a sum of 1 each; equal ones if None.

    Returns:
        θ [b], not clipped, and H + λI [b, b].

    Source: Kanamori, Hido and Sugiyama, JMLR 2009 (α = 0); Yamada et al., NeurIPS 2011.
    """
    second = _times_second_moment(1 - relative, denominator, shares[1])
    if relative:
        second = second + _times_second_moment(relative, numerator, shares[0])
    system = second + ridge * torch.eye(len(second), dtype=second.dtype, device=second.device)
    return torch.linalg.solve(system, mean(numerator, shares[0])), system


def _times_second_moment(factor: float, features: torch.Tensor, shares: Shares) -> torch.Tensor:
    """factor · mean φφᵀ [b, b] of features φ [n, b]."""
    if shares is None:
        return factor / len(features) * (features.mT @ features)
    return factor * second_moment(features, shares)


def leave_one_out(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    ridge: float,
    relative: float = 0.0,
    clip: bool = True,
    shares: Both = (None, None),
) -> torch.Tensor:
    """Squared error (but for a constant) at samples that were left out, in closed form.

    Every sample of either set is left out in turn, with all its weight, and `coefficients` of the rest follow from one
    factorization a set by the Sherman-Morrison formula. With r₋ₓ, the ratio that was fitted without x, the score is
    mean_p (½ α r₋ₓ(x)² − r₋ₓ(x)) + mean_q ½ (1 − α) r₋ₓ(x)². It does not depend on the order of the samples.

    Args:
        numerator: φ [n, b] at samples of p, n ≥ 2.
        denominator: φ [m, b] at samples of q, m ≥ 2.
        ridge: λ > 0.
        relative: α in [0, 1].
        clip: set negative coefficients to 0.
        shares: of the samples, as in `coefficients`; those of the rest are divided by their sum.

    Returns:
        A scalar; the lower, the better.

    Source: as of `coefficients`. These papers leave out the i-th samples of both sets together, for i up to the smaller
    count, so that the rows at the head of a table decide; here all rows do.
    """
    return leave_one_out_scores(numerator, denominator, [ridge], relative, clip, shares)[0]


def leave_one_out_scores(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    ridges: Sequence[float],
    relative: float,
    clip: bool,
    shares: Both = (None, None),
) -> torch.Tensor:
    """`leave_one_out` of several ridges [k], whose second moments are taken once."""
    n, m = len(numerator), len(denominator)
    if min(n, m) < 2:
        raise MatchZooError(f"leave-one-out needs at least 2 samples of each set, got {n} and {m}")
    if any(w is not None for w in shares):
        given = [
            x.new_full((len(x),), 1 / len(x)) if w is None else w.to(x)
            for x, w in zip((numerator, denominator), shares, strict=True)
        ]
        return _weighted_scores(numerator, denominator, ridges, relative, clip, given)
    second_p, second_q = numerator.mT @ numerator, denominator.mT @ denominator
    total = numerator.sum(0, keepdim=True)

    def left_out(samples: torch.Tensor, of_p: bool, ridge: float) -> torch.Tensor:
        """The ratio [k] at each of a set's samples, fitted without it."""
        weight_p, weight_q = (
            (relative / (n - 1), (1 - relative) / m) if of_p else (relative / n, (1 - relative) / (m - 1))
        )
        system = weight_p * second_p + weight_q * second_q
        system.diagonal().add_(ridge)
        factor = torch.linalg.cholesky(system)
        weight = weight_p if of_p else weight_q

        values = []
        for rows in samples.split(ROWS):
            mean = (total - rows) / (n - 1) if of_p else total / n
            theta = torch.cholesky_solve(mean.mT, factor).mT
            if weight:
                solved = torch.cholesky_solve(rows.mT, factor).mT
                share = weight * (rows * theta).sum(1) / (1 - weight * (rows * solved).sum(1))
                theta = theta + share[:, None] * solved
            values.append((rows * (theta.clamp_min(0) if clip else theta)).sum(1))
        return torch.cat(values)

    pairs = [(left_out(numerator, True, ridge), left_out(denominator, False, ridge)) for ridge in ridges]
    return torch.stack([_score(at_p, at_q, relative) for at_p, at_q in pairs])


def _weighted_scores(
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    ridges: Sequence[float],
    relative: float,
    clip: bool,
    shares: Sequence[torch.Tensor],
) -> torch.Tensor:
    """`leave_one_out_scores` of samples with shares.

    Without sample x of weight w, a set's second moment is (S − w φφᵀ) / (1 − w), a multiple of S that differs from
    sample to sample. So the system c S + B of the rest, before its change of rank one, is solved for every factor c by
    the one basis V in which B is the identity and S diagonal: (c S + B)⁻¹ = V (c M + I)⁻¹ Vᵀ.
    """
    seconds = [second_moment(x, w) for x, w in zip((numerator, denominator), shares, strict=True)]
    total = mean(numerator, shares[0])

    def left_out(of_p: bool, ridge: float) -> torch.Tensor:
        samples, weights = (numerator, shares[0]) if of_p else (denominator, shares[1])
        factor, (own, other) = (relative, seconds) if of_p else (1 - relative, seconds[::-1])
        rest = (1 - factor) * other
        rest.diagonal().add_(ridge)
        lower = torch.linalg.cholesky(rest)
        half = torch.linalg.solve_triangular(lower, own, upper=False)
        whitened = torch.linalg.solve_triangular(lower, half.mT, upper=False)
        spectrum, vectors = torch.linalg.eigh((whitened + whitened.mT) / 2)
        basis = torch.linalg.solve_triangular(lower.mT, vectors, upper=True)

        values = []
        for rows, w in zip(samples.split(ROWS), weights.split(ROWS), strict=True):
            left = (1 - w)[:, None]
            scale = factor / left
            means = (total - w[:, None] * rows) / left if of_p else total[None]
            inverse = 1 / (1 + scale * spectrum)
            theta = (means @ basis * inverse) @ basis.mT
            if factor:
                solved = (rows @ basis * inverse) @ basis.mT
                weight = scale[:, 0] * w
                share = weight * (rows * theta).sum(1) / (1 - weight * (rows * solved).sum(1))
                theta = theta + share[:, None] * solved
            values.append((rows * (theta.clamp_min(0) if clip else theta)).sum(1))
        return torch.cat(values)

    pairs = [(left_out(True, ridge), left_out(False, ridge)) for ridge in ridges]
    return torch.stack([_score(at_p, at_q, relative, (shares[0], shares[1])) for at_p, at_q in pairs])


def _score(at_p: torch.Tensor, at_q: torch.Tensor, relative: float, shares: Both = (None, None)) -> torch.Tensor:
    """½ the mean of r² over the mixture less the mean of r over p, of ratios [n] and [m] at samples left out."""
    score_p = mean(relative / 2 * at_p.square() - at_p, shares[0])
    return score_p + (1 - relative) / 2 * mean(at_q.square(), shares[1])


def fit_least_squares(
    numerator: Samples,
    denominator: Samples,
    step: Step,
    bandwidths: Sequence[Bandwidth],
    ridges: Sequence[float],
    count: int,
    clip: bool,
    relative: float = 0.0,
    refine: bool | None = None,
) -> Ratio:
    """The ratio with the bandwidth and ridge of least `leave_one_out` score; no gradient passes through the choice."""
    basis = centers(numerator, count, step)
    widths = resolve(bandwidths, numerator, denominator)
    if refine is None:
        refine = tuple(bandwidths) == CANDIDATES and tuple(ridges) == RIDGES
    refinements = REFINEMENTS if refine else 0
    s, ridge = widths[0], ridges[0]
    if len(widths) * len(ridges) > 1:
        s, ridge = _chosen(numerator, denominator, basis, widths, ridges, clip, relative, refinements)

    at_p, at_q = designs(numerator, denominator, basis, s)
    theta, system = coefficients(at_p, at_q, ridge, relative, (numerator.weights, denominator.weights))
    theta = theta.clamp_min(0) if clip else theta
    return Ratio(
        denominator=at_q @ theta,
        relative=relative,
        matrices=(system,),
        chosen={"bandwidth": s, "ridge": ridge},
        numerator=lambda: at_p @ theta,
        function=lambda x: design_at(x, basis, s) @ theta,
    )


@torch.no_grad()
def _chosen(
    numerator: Samples,
    denominator: Samples,
    basis: Samples,
    widths: list[float],
    ridges: Sequence[float],
    clip: bool,
    relative: float,
    refinements: int,
) -> tuple[float, float]:
    """Bandwidth and ridge of least score: of all pairs, then of more bandwidths between the neighbors of the best with
    every ridge, then of more ridges with the best bandwidth."""
    scores: dict[float, dict[float, float]] = {}
    count = (len(widths) + refinements) * len(ridges) + refinements
    began = time.monotonic()
    shares = shares_of(numerator, denominator)
    with fits("least squares", count) as progress:

        def score(s: float, tried: Sequence[float]) -> float:
            at_p, at_q = (double(x).cpu() for x in designs(numerator, denominator, basis, s))
            values = leave_one_out_scores(at_p, at_q, tried, relative, clip, shares).tolist()
            scores.setdefault(s, {}).update(zip(tried, values, strict=True))
            progress.update(len(tried))
            if progress.done == len(ridges):
                announce("least squares", count / len(ridges) * (time.monotonic() - began))
            return min(values)

        best = narrowed({s: score(s, ridges) for s in widths}, lambda s: score(s, ridges), refinements)
        ridge = narrowed(scores[best], lambda ridge: score(best, [ridge]), refinements if len(ridges) > 1 else 0)
    return best, ridge
