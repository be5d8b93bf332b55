"""The question of a proximal operator: which point near y has a small value of a function?"""

from abc import ABC, abstractmethod

import torch

from matchzoo.core.errors import MatchZooError


class ProximalOperator(ABC):
    """prox_{λR}(y) = argmin_x |x − y|² / 2 + λ R(x), in place of a function R that need not be known."""

    @property
    def fixed_strength(self) -> float | None:
        """The only λ that it knows; None where it knows all."""
        return None

    @abstractmethod
    def prox(self, y: torch.Tensor, strength: float = 1.0) -> torch.Tensor:
        """prox_{λR}(y) [n, …] of points y [n, …] for λ = ``strength``.

        Raises:
            MatchZooError: it does not know this strength.
        """


def soft_threshold(y: torch.Tensor, threshold: float) -> torch.Tensor:
    """sign(y) max(|y| − t, 0), of y's shape […]: the proximal operator of t |·|."""
    return y.sign() * (y.abs() - threshold).relu()


class SoftThreshold(ProximalOperator):
    """The proximal operator of R(x) = scale · |x|₁, the prior of sparse points.

    Args:
        scale: of the norm, at least 0.
    """

    def __init__(self, scale: float = 1.0) -> None:
        if not scale >= 0:
            raise MatchZooError(f"scale: expected at least 0, got {scale}")
        self.scale = scale

    def prox(self, y: torch.Tensor, strength: float = 1.0) -> torch.Tensor:
        """`soft_threshold` [n, …] at strength · scale."""
        return soft_threshold(y, strength * self.scale)


class GaussianProximal(ProximalOperator):
    """The proximal operator of R(x) = (x − μ)ᵀ Σ⁻¹ (x − μ) / 2, that is, of −log p of a Gaussian:
    μ + Σ (Σ + λ I)⁻¹ (y − μ).

    Args:
        mean: μ [d].
        covariance: Σ [d, d], symmetric and positive semi-definite; where it is singular, points stay on its range.
    """

    def __init__(self, mean: torch.Tensor, covariance: torch.Tensor) -> None:
        d = len(mean)
        if covariance.shape != (d, d):
            raise MatchZooError(f"covariance: expected [{d}, {d}], as the mean has, got {list(covariance.shape)}")
        self.mean = mean
        self.variances, self.axes = torch.linalg.eigh(covariance)

    def prox(self, y: torch.Tensor, strength: float = 1.0) -> torch.Tensor:
        """Shrunk toward the mean along each principal axis, [n, …]."""
        centered = (y.flatten(1) - self.mean) @ self.axes
        variances = self.variances.clamp_min(0)
        return (self.mean + (centered * (variances / (variances + strength))) @ self.axes.T).view_as(y)
