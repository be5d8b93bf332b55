"""Squared distances and Gram matrices. A bandwidth is always the standard deviation s of a Gaussian, never s²."""

from collections.abc import Sequence

import torch

EXACT_DIMENSIONS = 32
"""Up to this dimension squared distances are sums of squared differences, exact to the last bits."""


def squared_distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Squared Euclidean distances |x_i − y_j|², never negative.

    In up to `EXACT_DIMENSIONS` dimensions they are summed from differences (memory n·m·d). Above, the product
    |x|² + |y|² − 2xy serves, on values centred by their common mean, which removes most of its cancellation; what is
    left is clamped at 0.

    Args:
        x: [n, d].
        y: [m, d].

    Returns:
        [n, m]; differentiable any number of times.
    """
    if x.shape[1] <= EXACT_DIMENSIONS:
        return (x[:, None] - y[None]).square().sum(-1)
    centre = ((x.sum(0) + y.sum(0)) / (len(x) + len(y))).detach()
    x, y = x - centre, y - centre
    return torch.addmm(x.square().sum(1)[:, None] + y.square().sum(1), x, y.T, alpha=-2).clamp_min(0)


def gaussian(squared: torch.Tensor, bandwidth: float | torch.Tensor) -> torch.Tensor:
    """Gaussian kernel k = exp(−|x − y|² / (2 s²)) from squared distances [n, m] and a bandwidth s > 0; in (0, 1]."""
    return torch.exp(squared * (-0.5 / bandwidth**2))


def gaussian_sum(squared: torch.Tensor, bandwidths: Sequence[float]) -> torch.Tensor:
    """Sum of Gaussian kernels over bandwidths: [n, m] in (0, number of bandwidths]."""
    return (
        torch.stack([gaussian(squared, s) for s in bandwidths]).sum(0)
        if len(bandwidths) > 1
        else (gaussian(squared, bandwidths[0]))
    )
