"""Sums and systems of a kernel, whole where a gradient passes, in blocks where none does and there are many pairs."""

import torch

from matchzoo.core.numerics.kernels import Kernel
from matchzoo.core.samples import Samples
from matchzoo.ratios.basis import BLOCK

PAIRS = 2**18
"""Pairs of samples whose kernels are held together where no gradient passes."""


def system(kernel: Kernel, samples: Samples, ridge: float, scale: torch.Tensor | None = None) -> torch.Tensor:
    """K + ridge · I [m, m] of a set, or D K D + ridge · I with the diagonal D of a scale [m]; differentiable."""
    x = samples.values
    if _moved(x, scale) or len(x) ** 2 <= PAIRS:
        gram = kernel.gram(samples, samples)
        return plus_ridge(gram if scale is None else gram * scale * scale[:, None], ridge)

    matrix = x.new_empty(len(x), len(x))
    for start in range(0, len(x), BLOCK):
        rows = Samples(x[start : start + BLOCK])
        for other in range(0, start + 1, BLOCK):
            columns = rows if other == start else Samples(x[other : other + BLOCK])
            tile = kernel.gram(rows, columns)
            matrix[start : start + BLOCK, other : other + BLOCK] = tile
            if other < start:
                matrix[other : other + BLOCK, start : start + BLOCK] = tile.mT
    if scale is not None:
        matrix.mul_(scale).mul_(scale[:, None])
    matrix.diagonal().add_(ridge)
    return matrix


def sums(kernel: Kernel, samples: Samples, others: Samples, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Σ_j k(x_i, y_j) w_j [k] at samples, w_j = 1 if not given; differentiable."""
    x, y = samples.values, others.values
    if _moved(x, y, weights) or len(x) * len(y) <= PAIRS:
        gram = kernel.gram(samples, others)
        return gram.sum(1) if weights is None else gram @ weights

    totals = []
    for rows in map(Samples, x.split(BLOCK)):
        total = x.new_zeros(len(rows))
        for start in range(0, len(y), BLOCK):
            gram = kernel.gram(rows, Samples(y[start : start + BLOCK]))
            total += gram.sum(1) if weights is None else gram @ weights[start : start + BLOCK]
        totals.append(total)
    return torch.cat(totals)


def plus_ridge(matrix: torch.Tensor, ridge: float) -> torch.Tensor:
    """Matrix [n, n] + ridge · I, without making I; differentiable."""
    moved = matrix.clone()
    moved.detach().diagonal().add_(ridge)  # a constant, so nothing for the backward pass
    return moved


def _moved(*tensors: torch.Tensor | None) -> bool:
    return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in tensors)
