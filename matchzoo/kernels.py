"""Squared distances and Gram matrices. A bandwidth is always the standard deviation s of a Gaussian, never s²."""

from typing import Any

import torch

EXACT_DIMENSIONS = 32
"""Up to this dimension squared distances are sums of squared differences, exact to the last bits."""


def squared_distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Squared Euclidean distances |x_i − y_j|², never negative.

    In up to `EXACT_DIMENSIONS` dimensions they are summed from differences. Above, the product |x|² + |y|² − 2xy
    serves, on values centred by their common mean, which removes most of its cancellation; what is left is clamped
    at 0. The gradient is a matrix product either way, finite where points coincide.

    Args:
        x: [n, d].
        y: [m, d].

    Returns:
        [n, m]; differentiable any number of times.
    """
    centre = ((x.sum(0) + y.sum(0)) / (len(x) + len(y))).detach()
    x, y = x - centre, y - centre
    if x.shape[1] <= EXACT_DIMENSIONS:
        return _SquaredDistances.apply(x, y)
    return torch.addmm(x.square().sum(1)[:, None] + y.square().sum(1), x, y.T, alpha=-2).clamp_min(0)


class _SquaredDistances(torch.autograd.Function):
    """|x_i − y_j|² from differences, without keeping the [n, m, d] of them for the way back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, y)
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """d/dx_i = 2 Σ_j g_ij (x_i − y_j), and the same for y with the other sign."""
        x, y = ctx.saved_tensors
        [g] = gradients
        dx = 2 * (g.sum(1)[:, None] * x - g @ y) if ctx.needs_input_grad[0] else None
        dy = 2 * (g.sum(0)[:, None] * y - g.T @ x) if ctx.needs_input_grad[1] else None
        return dx, dy


def gaussian(squared: torch.Tensor, bandwidth: float | torch.Tensor) -> torch.Tensor:
    """Gaussian kernel k = exp(−|x − y|² / (2 s²)) from squared distances [n, m] and a bandwidth s > 0; in (0, 1]."""
    return torch.exp(squared * (-0.5 / bandwidth**2))
