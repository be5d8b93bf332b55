"""Linear systems that are known by their products alone."""

from collections.abc import Callable

import torch


def conjugate_gradients(
    product: Callable[[torch.Tensor], torch.Tensor],
    target: torch.Tensor,
    start: torch.Tensor | None = None,
    rounds: int = 100,
    tolerance: float = 1e-10,
) -> torch.Tensor:
    """x [n, d] with H_i x_i = b_i row by row, for symmetric positive definite H_i.

    Examples:
        >>> conjugate_gradients(lambda x: 2 * x, torch.ones(3, 2))[0].tolist()
        [0.5, 0.5]

    Args:
        product: H x [n, d] of x [n, d].
        target: b [n, d].
        start: x [n, d] to start from; 0 if not given.
        rounds: at most; d are enough in exact arithmetic.
        tolerance: of |H x − b| in units of |b|; a row that has reached it stays.
    """
    x = torch.zeros_like(target) if start is None else start.clone()
    residual = target.clone() if start is None else target - product(x)
    direction = residual.clone()
    squared = residual.square().sum(1, keepdim=True)
    limit = tolerance**2 * target.square().sum(1, keepdim=True)
    for _ in range(rounds):
        active = squared > limit
        if not bool(active.any()):
            break
        curved = product(direction)
        curvature = (direction * curved).sum(1, keepdim=True)
        length = torch.where(active & (curvature > 0), squared / curvature, 0.0)
        x = x + length * direction
        residual = residual - length * curved
        fresh = residual.square().sum(1, keepdim=True)
        direction = residual + torch.where(active, fresh / squared, 0.0) * direction
        squared = fresh
    return x
