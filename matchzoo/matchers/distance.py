"""Distances between statistics."""

from abc import ABC, abstractmethod

import torch

from matchzoo.declare import declare, family


def cosine_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """One minus one cosine over all values: 1 − ⟨a, b⟩ / (‖a‖ ‖b‖), a scalar in [0, 2]; 1 if either is zero.

    Args:
        a: any shape, flattened.
        b: the same shape.
    """
    a, b = a.flatten(), b.flatten()
    norms = torch.linalg.vector_norm(a) * torch.linalg.vector_norm(b)
    return 1 - (a @ b) / norms.clamp_min(torch.finfo(norms.dtype).tiny)


def squared_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Σ (a − b)² over all values, a scalar ≥ 0; both of the same shape."""
    return (a - b).square().sum()


@family("distance")
class Distance(ABC):
    """How far two statistics are from each other."""

    @abstractmethod
    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """A scalar ≥ 0 for two statistics of one shape."""


@declare("cosine")
class Cosine(Distance):
    """`cosine_distance`: scale-free, one cosine over everything."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """1 − cos(a, b)."""
        return cosine_distance(a, b)


@declare("squared")
class Squared(Distance):
    """`squared_distance`."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Σ (a − b)²."""
        return squared_distance(a, b)
