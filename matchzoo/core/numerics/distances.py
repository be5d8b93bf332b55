"""Squared distances and Gaussian Gram matrices of two sets of points."""

from typing import Any

import torch

from matchzoo.core.errors import MatchZooError

EXACT_DIMENSIONS = 32
"""Up to this dimension the squared distances of float64 points are sums of squared differences."""


def squared_distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Squared Euclidean distances |x_i − y_j|², never negative; exactly 0 on the diagonal where ``y`` is ``x``.

    Points in float32 (and below) are centered by their common mean and take the product |x|² + |y|² − 2xy in float64,
    where its cancellation is below what float32 resolves; that is also faster than summing differences from about 5
    dimensions on. In float64 (and on MPS, which has no float64) differences are summed in up to `EXACT_DIMENSIONS`
    dimensions, and the product serves above. The gradient is a matrix product in the points' own precision, finite
    where points coincide.

    Args:
        x: [n, d].
        y: [m, d].

    Returns:
        [n, m]; differentiable any number of times.

    Raises:
        MatchZooError: the dimensions differ, or a set is empty.
    """
    if x.dim() != 2 or y.dim() != 2 or x.shape[1] != y.shape[1] or not len(x) or not len(y):
        raise MatchZooError(
            f"distances: expected two sets of points [n, d] and [m, d], n and m at least 1, got {tuple(x.shape)} and "
            f"{tuple(y.shape)}"
        )
    squared: torch.Tensor = _SquaredDistances.apply(x, y)
    return squared


def centered_distances(x: torch.Tensor, y: torch.Tensor, center: torch.Tensor) -> torch.Tensor:
    """`squared_distances` [n, m] without a gradient, of points less a center [d] that cancels and should be near them.

    Tiles of one matrix take one center, so that each is the same numbers as that part of the whole.
    """
    wide = x.dtype != torch.float64 and x.device.type != "mps"
    if not wide and x.shape[1] <= EXACT_DIMENSIONS:
        return torch.cdist(x - center, y - center, compute_mode="donot_use_mm_for_euclid_dist").square_()

    a = x.double() - center if wide else x - center
    b = a if y is x else (y.double() - center if wide else y - center)
    aa = a.square().sum(1)
    bb = aa if y is x else b.square().sum(1)
    squared = (aa[:, None] + bb).addmm_(a, b.T, alpha=-2).clamp_min_(0)
    if y is x:
        squared.diagonal().zero_()
    return squared.to(x.dtype)


class _SquaredDistances(torch.autograd.Function):
    """|x_i − y_j|², without keeping anything of size [n, m, d] for the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        center = x.mean(0)
        ctx.save_for_backward(x, y, center)
        ctx.within = y is x
        return centered_distances(x, y, center)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """d/dx_i = 2 Σ_j g_ij (x_i − y_j), and the same for y with the other sign; the center cancels."""
        x, y, center = ctx.saved_tensors
        [g] = gradients
        a = x - center
        if ctx.within:
            g = g + g.T
            return 2 * (g.sum(1)[:, None] * a - g @ a), None
        b = y - center
        dx = 2 * (g.sum(1)[:, None] * a - g @ b) if ctx.needs_input_grad[0] else None
        dy = 2 * (g.sum(0)[:, None] * b - g.T @ a) if ctx.needs_input_grad[1] else None
        return dx, dy


def gaussian(squared: torch.Tensor, bandwidth: float | torch.Tensor) -> torch.Tensor:
    """Gaussian kernel k = exp(−|x − y|² / (2 s²)) from squared distances [n, m] and a bandwidth s > 0; in (0, 1]."""
    return (squared * (-0.5 / bandwidth / bandwidth)).exp_()  # a power of a float can overflow
