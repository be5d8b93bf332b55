"""Least-squares fitting of a density ratio by kernels, plain (uLSIF) and relative (RuLSIF)."""

import itertools
from collections.abc import Sequence

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.kernels import resolve
from matchzoo.core.numerics.bandwidths import Bandwidth
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import best, centers, design, design_at
from matchzoo.ratios.ratio_estimator import Ratio


def coefficients(
    numerator: torch.Tensor, denominator: torch.Tensor, ridge: float, relative: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """θ = (H + λI)⁻¹ h, the minimizer of ½ θᵀHθ − hᵀθ + ½ λ|θ|²: the squared error of φᵀθ as relative density ratio.

    H = α mean_p φφᵀ + (1 − α) mean_q φφᵀ and h = mean_p φ.

    Args:
        numerator: φ [n, b] at samples of p.
        denominator: φ [m, b] at samples of q.
        ridge: λ > 0.
        relative: α in [0, 1).

    Returns:
        θ [b], not clipped, and H + λI [b, b].

    Source: Kanamori, Hido and Sugiyama, JMLR 2009 (α = 0); Yamada et al., NeurIPS 2011.
    """
    second = (1 - relative) / len(denominator) * (denominator.mT @ denominator)
    if relative:
        second = second + relative / len(numerator) * (numerator.mT @ numerator)
    system = second + ridge * torch.eye(len(second), dtype=second.dtype, device=second.device)
    return torch.linalg.solve(system, numerator.mean(0)), system


def leave_one_out(
    numerator: torch.Tensor, denominator: torch.Tensor, ridge: float, relative: float = 0.0, clip: bool = True
) -> torch.Tensor:
    """Squared error (but for a constant) at samples that were left out, in closed form.

    The i-th samples of both sets, for i up to the smaller count, are left out together, and `coefficients` of the rest
    follow from one factorization by the Woodbury identity. The score is the mean over i of
    ½ α r(p_i)² + ½ (1 − α) r(q_i)² − r(p_i).

    Args:
        numerator: φ [n, b] at samples of p, n ≥ 2.
        denominator: φ [m, b] at samples of q, m ≥ 2.
        ridge: λ > 0.
        relative: α in [0, 1).
        clip: set negative coefficients to 0.

    Returns:
        A scalar; the lower, the better.

    Source: as of `coefficients`; for α > 0 the update is of rank two, one for each set.
    """
    n, m = len(numerator), len(denominator)
    if min(n, m) < 2:
        raise MatchZooError(f"leave-one-out needs at least 2 samples of each set, got {n} and {m}")
    count = min(n, m)
    u, v = numerator[:count], denominator[:count]
    weights = torch.tensor([relative / (n - 1), (1 - relative) / (m - 1)], dtype=u.dtype, device=u.device)
    base = weights[0] * (numerator.mT @ numerator) + weights[1] * (denominator.mT @ denominator)
    base.diagonal().add_(ridge)
    factor = torch.linalg.cholesky(base)
    su, sv = (torch.cholesky_solve(z.mT, factor).mT for z in (u, v))  # [count, b]
    total = torch.cholesky_solve(numerator.sum(0)[:, None], factor).mT
    rest = (total - su) / (n - 1)
    inner = torch.stack([(a * b).sum(1) for a in (u, v) for b in (su, sv)], 1).reshape(count, 2, 2)
    right = torch.stack([(a * rest).sum(1) for a in (u, v)], 1) * weights
    system = torch.eye(2, dtype=u.dtype, device=u.device) - weights[:, None] * inner
    t = torch.linalg.solve(system, right)
    theta = rest + t[:, :1] * su + t[:, 1:] * sv
    theta = theta.clamp_min(0) if clip else theta
    at_p, at_q = (u * theta).sum(1), (v * theta).sum(1)
    score = relative / 2 * at_p.square() + (1 - relative) / 2 * at_q.square() - at_p
    return score.mean()


def fit_least_squares(
    numerator: Samples,
    denominator: Samples,
    step: Step,
    bandwidths: Sequence[Bandwidth],
    ridges: Sequence[float],
    count: int,
    clip: bool,
    relative: float = 0.0,
) -> Ratio:
    """The ratio with the bandwidth and ridge of least `leave_one_out` score; no gradient passes through the choice."""
    basis = centers(numerator, count, step)
    widths = resolve(bandwidths, numerator, denominator)

    def loss(candidate: tuple[float, ...]) -> float:
        s, ridge = candidate
        at_p, at_q = (double(design(x, basis, s).detach()).cpu() for x in (numerator, denominator))
        return leave_one_out(at_p, at_q, ridge, relative, clip).item()

    s, ridge = best(list(itertools.product(widths, ridges)), loss)
    at_p, at_q = design(numerator, basis, s), design(denominator, basis, s)
    theta, system = coefficients(at_p, at_q, ridge, relative)
    theta = theta.clamp_min(0) if clip else theta
    return Ratio(
        denominator=at_q @ theta,
        relative=relative,
        matrices=(system,),
        chosen={"bandwidth": s, "ridge": ridge},
        numerator=lambda: at_p @ theta,
        function=lambda x: design_at(x, basis, s) @ theta,
    )
