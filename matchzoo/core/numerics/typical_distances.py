"""Typical distances of two sets of points: the median and the root of the mean square."""

import math
from collections.abc import Iterator

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import EXACT_DIMENSIONS, centered_distances, squared_distances

WHOLE = 1024
"""Up to this many pooled points the median distance is that of their whole matrix; above, `middle_distance`."""
MEDIAN_POINTS = 4000
"""Of more pooled points than these, that many at random give the median distance."""
SIDE = 256
"""Rows and columns of a tile of pairs."""
SOME = 500
"""Points whose pairs tell where the median is to be looked for."""
MARGINS = (0.03, 0.15, 1.0)
"""How far from it in rank, as a share of all pairs: the next, where it was not there."""


@torch.no_grad()
def median_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """Median Euclidean distance over all pairs of different points of the pooled sets: the median heuristic.

    No gradient passes. Of more than `MEDIAN_POINTS` pooled points, that many are used, drawn by a fixed seed. Of an
    even number of pairs, the lower of the two middle ones is the median. Where it is 0, since at least half of the
    pairs coincide (columns of zeros and ones), it is the median of the distances above 0. The device is waited for,
    since it is a number.

    Args:
        x: [n, d].
        y: [m, d].

    Raises:
        MatchZooError: all points coincide, or some are not finite.

    Source: Gretton et al., A kernel two-sample test, JMLR 2012, section 8.
    """
    pooled = torch.cat([x, y])
    if len(pooled) > MEDIAN_POINTS:
        order = torch.randperm(len(pooled), generator=torch.Generator().manual_seed(0))
        pooled = pooled[order[:MEDIAN_POINTS].to(pooled.device)]
    if not torch.isfinite(pooled).all():
        median = float("nan")
    elif len(pooled) > WHOLE and pooled.device.type == "cpu":
        median = middle_distance(pooled)
    else:
        median = _median_of_all(pooled)
    if not 0 < median < float("inf"):
        problem = "is 0: all points coincide" if median == 0 else f"is {median}"
        raise MatchZooError(f"bandwidths: the median distance {problem}; give a bandwidth as a number")
    return median


def middle_distance(points: torch.Tensor) -> float:
    """The median distance of all pairs of points [n, d] on the CPU, as `median_distance` defines it, by tiles.

    The pairs of some points tell an interval that should hold it; one pass over all pairs counts those below, and keeps
    those within. Where the median is not within, the interval is widened. It is exact, and takes memory for a tile and
    a twentieth of the pairs.
    """
    wide = points.double() - points.mean(0)
    pairs = len(points) * (len(points) - 1) // 2
    median = _selected(wide, (pairs - 1) // 2)

    exact = points.dtype == torch.float64 and points.shape[1] <= EXACT_DIMENSIONS
    epsilon = 0.0 if exact else 64 * torch.finfo(torch.float64).eps
    if median <= epsilon * 4 * wide.square().sum(1).max().item():  # 4: more than the largest distance
        rounding = epsilon * max(tile.max() for tile in _tiles(wide)).item()
        same = sum(int((tile <= rounding).sum()) for tile in _tiles(wide))
        if median <= rounding:
            median = _selected(wide, same + (pairs - same - 1) // 2) if same < pairs else 0.0
    return torch.tensor(median, dtype=torch.float64).to(points.dtype).sqrt().item()


def _selected(points: torch.Tensor, rank: int) -> float:
    """The squared distance of a rank, from 0, of all pairs of float64 points [n, d]."""
    pairs = len(points) * (len(points) - 1) // 2
    some = np.concatenate([tile.numpy() for tile in _tiles(points[:: -(-len(points) // SOME)])])
    some.sort()
    for margin in MARGINS:
        first, last = (math.floor((rank / pairs + side * margin) * len(some)) for side in (-1, 1))
        low = some[first] if first >= 0 else -math.inf
        high = some[last] if last < len(some) else math.inf

        below, within = 0, []
        for tile in _tiles(points):
            lower = tile < low
            below += int(lower.sum())
            within.append(tile[(tile <= high) & ~lower].numpy())
        held = np.concatenate(within)
        if below <= rank < below + len(held):
            held.partition(rank - below)
            return float(held[rank - below])
    raise AssertionError("the last interval holds all pairs")


def _tiles(points: torch.Tensor) -> Iterator[torch.Tensor]:
    """Squared distances [k] of all pairs of different points, each pair once, in tiles of `SIDE` by `SIDE`."""
    center = torch.zeros_like(points[0])
    for i in range(0, len(points), SIDE):
        for j in range(i, len(points), SIDE):
            squared = centered_distances(points[i : i + SIDE], points[j : j + SIDE], center)
            if i == j:
                rows, columns = torch.triu_indices(len(squared), len(squared), 1)
                yield squared[rows, columns]
            else:
                yield squared.flatten()


def _median_of_all(pooled: torch.Tensor) -> float:
    """The median distance from the whole matrix of squared distances."""
    count = len(pooled)
    rank = count + 2 * ((count * (count - 1) // 2 - 1) // 2) + 1  # after the diagonal's zeros every pair comes twice
    squared = squared_distances(pooled, pooled).flatten()
    median = squared.kthvalue(rank).values.sqrt().item()
    exact = pooled.dtype == torch.float64 and pooled.shape[1] <= EXACT_DIMENSIONS
    rounding = 0.0 if exact else 64 * torch.finfo(torch.float64).eps * squared.max().item()  # of points that coincide
    if median**2 <= rounding:
        apart = squared[squared > rounding]
        median = apart.median().sqrt().item() if len(apart) else 0.0
    return median


@torch.no_grad()
def rms_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """The root of the mean squared Euclidean distance over all pairs of different points of the pooled sets.

    That mean is twice the sum of the unbiased variances of the dimensions, so no pair is looked at. No gradient passes.
    The device is waited for, since it is a number.

    Args:
        x: [n, d].
        y: [m, d].

    Raises:
        MatchZooError: all points coincide, or some are not finite.

    Source: Long et al., Learning transferable features with deep adaptation networks (DAN), ICML 2015, whose kernels'
    widths are multiples of it in the code of Long et al., Deep transfer learning with joint adaptation networks (JAN),
    ICML 2017.
    """
    pooled = torch.cat([x, y])
    pooled = pooled if pooled.device.type == "mps" else pooled.double()
    squared = (2 * pooled.var(0).sum()).item() if len(pooled) > 1 else 0.0
    if not 0 < squared < float("inf"):
        problem = "is 0: all points coincide" if squared == 0 else f"is {squared}"
        raise MatchZooError(f"bandwidths: the mean squared distance {problem}; give a bandwidth as a number")
    return math.sqrt(squared)


def typical_distance(x: torch.Tensor, y: torch.Tensor, name: str) -> float:
    """`median_distance` or `rms_distance` of two sets [n, d] and [m, d], by its name in a bandwidth."""
    return rms_distance(x, y) if name == "rms" else median_distance(x, y)
