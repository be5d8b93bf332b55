"""Sums of a kernel over all pairs of two sets, and their gradients, by tiles of the Gram matrix.

No autograd is at work: a tile's gradient is the product of the kernel's slope with the points, whatever the kernel.
Tiles are of a size that a processor's cache holds, which is why they are also faster than the whole matrix. Within one
set a tile and its mirror image are one.
"""

import itertools

import torch

from matchzoo.core.numerics.distances import centered_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import Kernel

SIDE = 256
"""Rows and columns of a tile on the CPU."""
DEVICE_SIDE = 4096
"""Those on a device, which waits for small ones."""

Weights = torch.Tensor | None


def sum_and_gradients(
    kernel: Kernel, inputs: tuple[torch.Tensor, torch.Tensor, Weights, Weights], itself: bool, wanted: tuple[bool, ...]
) -> tuple[torch.Tensor, list[torch.Tensor | None]]:
    """Σ v_i w_j k(x_i, y_j) over all pairs, and its gradients.

    For a radial kernel of z = |x − y|² the gradient by x_i is 2 v_i Σ_j k'(z_ij) w_j (x_i − y_j), for one of z = x·y
    it is v_i Σ_j k'(z_ij) w_j y_j; each is one product of a tile with points.

    Args:
        kernel: resolved.
        inputs: x [n, d], y [m, d], v [n] and w [m], weights 1 where there are none; y is x itself for the pairs within
            a set, and then w is v.
        itself: whether pairs of a sample with itself count, of one set.
        wanted: of which inputs a gradient is wanted.

    Returns:
        The sum and a gradient for each input in float64, None where it is not wanted: gradients of an MMD are small
        differences of these. Within a set those of ``x`` and ``v`` are the whole ones, and the others None.
    """
    x, y, v, w = inputs
    within = y is x
    side = SIDE if x.device.type == "cpu" else DEVICE_SIDE
    center = x.mean(0) if kernel.radial else torch.zeros_like(x[0])
    moved = wanted[0] or (wanted[1] and not within)
    first = _Side(x, v, center, moved)
    second = first if within else _Side(y, w, center, moved)
    total = double(x.new_zeros(()))

    for i, j in itertools.product(range(0, len(x), side), range(0, len(y), side)):
        if within and j < i:
            continue  # that of the mirrored tile, which counts twice
        same, rows, columns = within and i == j, slice(i, i + side), slice(j, j + side)
        a = x[rows]
        b = a if same else y[columns]
        z = centered_distances(a, b, center) if kernel.radial else a @ b.T
        value, slope = kernel.value_and_slope(z, x.shape[1]) if moved else (kernel.value(z, x.shape[1]), None)
        if same and not itself:
            value = value.fill_diagonal_(0)
            slope = None if slope is None else slope.fill_diagonal_(0)

        if v is None or w is None:
            share = value.sum()
        else:
            by_row = value @ w[columns]
            share = v[rows] @ by_row
            first.by_weights[rows] += double(by_row)
            if not same:
                second.by_weights[columns] += double(v[rows] @ value)
        total += double(share) * (2 if within and not same else 1)
        if slope is not None:
            first.add(rows, slope, second, columns)
            if not same:
                second.add(columns, slope.T, first, rows)

    factor = 2 if within else 1  # k(x_i, x_j) and k(x_j, x_i)
    sides = (first, second) * 2
    gradients = [
        None
        if not wants or (within and k % 2) or (k > 1 and v is None)
        else factor * part.gradient(kernel.radial, k > 1)
        for k, (part, wants) in enumerate(zip(sides, wanted, strict=True))
    ]
    return total, gradients


class _Side:
    """One of the two sets, and what the tiles say of it, in float64; only the last where no points have a gradient.

    Attributes:
        centered: [n, d], its points less the center.
        points: [n, d], the same times their weights.
        sums: [n, d], of slopes times the other set's ``points``.
        slopes: [n], of slopes times the other set's weights.
        by_weights: [n], of values times the other set's weights.
    """

    def __init__(self, x: torch.Tensor, weights: Weights, center: torch.Tensor, moved: bool) -> None:
        self.weights = weights
        self.by_weights = double(x.new_zeros(len(x)))
        if moved:
            self.centered = x - center
            self.points = self.centered if weights is None else weights[:, None] * self.centered
            self.sums, self.slopes = torch.zeros_like(double(x)), torch.zeros_like(self.by_weights)

    def add(self, rows: slice, slope: torch.Tensor, other: "_Side", columns: slice) -> None:
        """Slopes [rows, columns] of its points and the other set's."""
        weights = other.weights
        total = slope.sum(1) if weights is None else slope @ weights[columns]  # a product rounds sums more
        self.slopes[rows] += double(total)
        self.sums[rows] += double(slope @ other.points[columns])

    def gradient(self, radial: bool, by_weights: bool) -> torch.Tensor:
        """By its points [n, d], or by their weights [n]."""
        if by_weights:
            return self.by_weights
        sums = 2 * (self.slopes[:, None] * double(self.centered) - self.sums) if radial else self.sums
        return sums if self.weights is None else double(self.weights)[:, None] * sums
