"""Optimal transport between Gaussian distributions, in closed form."""

import math

import torch

from matchzoo.core.errors import MatchZooError


def bures(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The squared Bures distance tr(S₁ + S₂ − 2 (S₁^½ S₂ S₁^½)^½) of covariances [d, d]; a scalar."""
    root = symmetric_power(first, 0.5)
    cross = torch.linalg.eigvalsh(root @ second @ root).clamp_min(0).sqrt().sum()
    return first.trace() + second.trace() - 2 * cross


def gaussian_cost(
    mean: torch.Tensor,
    covariance: torch.Tensor,
    other_mean: torch.Tensor,
    other_covariance: torch.Tensor,
    epsilon: float = 0.0,
) -> torch.Tensor:
    """W₂² of N(m₁, S₁) and N(m₂, S₂), |m₁ − m₂|² plus `bures`; with ε > 0 OT_ε, as `sinkhorn_plan` defines it.

    With s = ε/2 and D = (4 S₁^½ S₂ S₁^½ + s² I)^½, OT_ε = |m₁ − m₂|² + tr(S₁ + S₂ − D) + d s (1 − log 2s) +
    s log det(D + s I).

    Args:
        mean: m₁ [d].
        covariance: S₁ [d, d].
        other_mean: m₂ [d].
        other_covariance: S₂ [d, d].
        epsilon: at least 0.

    Source: Janati et al., Entropic optimal transport between unbalanced Gaussian measures has a closed form, NeurIPS
        2020, theorem 1.
    """
    if epsilon < 0:
        raise MatchZooError(f"epsilon: expected at least 0, got {epsilon}")
    shift = (mean - other_mean).square().sum()
    if epsilon == 0:
        return shift + bures(covariance, other_covariance)
    s, root = epsilon / 2, symmetric_power(covariance, 0.5)
    inner = (4 * torch.linalg.eigvalsh(root @ other_covariance @ root).clamp_min(0) + s**2).sqrt()
    entropy = len(mean) * s * (1 - math.log(2 * s)) + s * (inner + s).log().sum()
    return shift + covariance.trace() + other_covariance.trace() - inner.sum() + entropy


def gaussian_map(
    mean: torch.Tensor, covariance: torch.Tensor, other_mean: torch.Tensor, other_covariance: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """A [d, d], symmetric, and b [d] of the optimal map x ↦ x A + b from N(m₁, S₁) to N(m₂, S₂).

    A = S₁^(−½) (S₁^½ S₂ S₁^½)^½ S₁^(−½) and b = m₂ − m₁ A; S₁ must have full rank.

    Args:
        mean: m₁ [d].
        covariance: S₁ [d, d].
        other_mean: m₂ [d].
        other_covariance: S₂ [d, d].
    """
    root, inverse = symmetric_power(covariance, 0.5), symmetric_power(covariance, -0.5)
    matrix = inverse @ symmetric_power(root @ other_covariance @ root, 0.5) @ inverse
    return matrix, other_mean - mean @ matrix


def symmetric_power(matrix: torch.Tensor, power: float) -> torch.Tensor:
    """A power of a symmetric matrix [d, d] whose eigenvalues are not negative but for rounding."""
    eigenvalues, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * eigenvalues.clamp_min(0).pow(power)) @ vectors.T
