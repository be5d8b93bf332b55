"""The exact field from N(0, I) to a ring of eight Gaussians along straight paths, and the score of its points."""

import math

import torch

RADIUS, STD = 2.0, 0.2
ANGLES = torch.arange(8, dtype=torch.float64) * math.pi / 4 - math.pi / 2
CENTERS = RADIUS * torch.stack([ANGLES.cos(), ANGLES.sin()], 1)


def _posterior(x: torch.Tensor, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    variance = time**2 * STD**2 + (1 - time) ** 2
    logits = -(x[:, None] - time * CENTERS.to(x)).square().sum(2) / (2 * variance)
    return logits.softmax(1), variance


def ring_field(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Σ_k w_k (c_k + (t s² − (1 − t)) / V · (x − t c_k)), w_k ∝ N(x; t c_k, V), V = t² s² + (1 − t)²."""
    weights, variance = _posterior(x, time)
    factor = (time * STD**2 - (1 - time)) / variance
    return (weights[:, :, None] * (CENTERS.to(x) + factor * (x[:, None] - time * CENTERS.to(x)))).sum(1)


def ring_score(x: torch.Tensor, time: float) -> torch.Tensor:
    """−Σ_k w_k (x − t c_k) / V."""
    weights, variance = _posterior(x, torch.tensor(time, dtype=x.dtype))
    return -(weights[:, :, None] * (x[:, None] - time * CENTERS.to(x))).sum(1) / variance
