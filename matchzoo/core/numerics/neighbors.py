"""Distances that are compared with one another: exact where rounding could decide, and else by a matrix product.

The product |x|² + |y|² − 2xy is many times as fast as sums of squared differences, and rounds: ties come apart, and
equal rows are not at distance 0. So it only screens. Its error is bounded, for points less their mean in a precision of
unit roundoff u, by (d + 16) u (|x|² + |y|²); pairs that are nearer than that to what they are compared with are
computed again, as the root of the sum of squared differences in float64. What results is what these give for all pairs.
"""

import math
from collections.abc import Iterator

import attrs
import torch

from matchzoo.core.numerics.float64 import double

BLOCK = 512
"""Rows, and columns where these are tiles, whose distances are held at once."""
SPARE = 8
"""Neighbors beyond those wanted that are looked at. Where rounding leaves more in doubt, the screen is made in float64,
and where that does, all distances of the row are exact."""
PAIR_NUMBERS = 2**19
"""Numbers of the pairs that are gathered at once."""


@attrs.frozen(eq=False)
class ComparedPoints:
    """Points [n, d] of which distances are compared.

    Attributes:
        exact: [n, d] in float64.
        center: [d], which the screen takes off.
    """

    exact: torch.Tensor
    center: torch.Tensor

    def rough(self, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """The points less the center [n, d], and their squared lengths [n], in ``dtype``."""
        centered = self.exact - self.center
        return centered.to(dtype), centered.square().sum(1).to(dtype)

    def distances(self, rows: torch.Tensor, others: "ComparedPoints", columns: torch.Tensor) -> torch.Tensor:
        """Exact distances [p] of pairs, given as indices [p] of points of this set and [p] of the others."""
        count = max(1, PAIR_NUMBERS // self.exact.shape[1])
        parts = [
            _distances(self.exact[i][:, None], others.exact[j][:, None])
            for i, j in zip(rows.split(count), columns.split(count), strict=True)
        ]
        return torch.cat(parts).flatten()


def compared_points(*sets: torch.Tensor) -> list[ComparedPoints]:
    """Sets of points [n, d] for comparisons, multiplied by the power of two that makes their largest number about 1.

    That is exact, and keeps squares within the range of numbers.
    """
    ready = [double(x) for x in sets]
    scale = _power_of_two(max(float(x.abs().max()) for x in ready))
    ready = [x * scale for x in ready]
    center = torch.stack([x.mean(0) for x in ready]).mean(0)
    return [ComparedPoints(x, center) for x in ready]


def neighbor_distances(points: ComparedPoints, neighbors: int) -> torch.Tensor:
    """The distance [n] of every point to its k-th neighbor among the others, in float64, exact as ties need it.

    Args:
        points: n of them.
        neighbors: k, 1 ≤ k < n.
    """
    points = ComparedPoints(points.exact, points.exact.mean(0))  # its own center: a set far off loses nothing
    count = len(points.exact)
    radii = points.exact.new_zeros(count)
    left = torch.arange(count, device=radii.device)
    for dtype in (torch.float32, torch.float64):
        rough, lengths = points.rough(dtype)
        slack = _slack(rough, lengths, lengths)
        unsure = [left[:0]]
        for rows in left.split(BLOCK):
            screened = torch.addmm(lengths[None], rough[rows], rough.T, alpha=-2)  # less the row's own length
            least, columns = screened.topk(min(neighbors + 1 + SPARE, count), 1, largest=False)
            beyond = least - least[:, neighbors, None]
            doubtful = (beyond.abs() <= 2 * slack[rows, None]).nonzero(as_tuple=True)
            distances = points.exact.new_zeros(beyond.shape).masked_fill_(beyond > 0, torch.inf)  # 0: surely nearer
            distances[doubtful] = points.distances(rows[doubtful[0]], points, columns[doubtful])
            radii[rows] = distances.kthvalue(neighbors + 1, 1).values
            if columns.shape[1] < count:
                unsure.append(rows[beyond[:, -1] <= 2 * slack[rows]])
        left = torch.cat(unsure)
    for rows in left.split(BLOCK):
        radii[rows] = _distances(points.exact[rows], points.exact).kthvalue(neighbors + 1, 1).values
    return radii


def tiles_within(
    x: ComparedPoints, y: ComparedPoints, x_radii: torch.Tensor, y_radii: torch.Tensor
) -> Iterator[tuple[slice, slice, torch.Tensor, torch.Tensor]]:
    """Which points lie in which closed balls around the others, by tiles.

    Args:
        x: n points.
        y: m points.
        x_radii: [n], of balls around x.
        y_radii: [m], of balls around y.

    Yields:
        Rows and columns of the tile, and two bool [rows, columns]: whether the column's point is in the row's ball, and
        whether the row's point is in the column's.
    """
    (a, aa), (b, bb) = x.rough(torch.float32), y.rough(torch.float32)
    slack, x_limits, y_limits = _slack(a, aa, bb), x_radii.square().to(aa), y_radii.square().to(bb)

    def closed(tile: torch.Tensor, limits: torch.Tensor, radii: torch.Tensor, i: int, j: int) -> torch.Tensor:
        beyond = tile - limits
        inside = beyond <= 0
        unsure = (beyond.abs_() <= slack[i : i + BLOCK, None]).nonzero(as_tuple=True)
        if len(unsure[0]):
            inside[unsure] = _exactly(x, y, i, j, unsure) <= radii.expand_as(inside)[unsure]
        return inside

    for i in range(0, len(a), BLOCK):
        rows = slice(i, i + BLOCK)
        for j in range(0, len(b), BLOCK):
            columns = slice(j, j + BLOCK)
            tile = (aa[rows, None] + bb[columns]).addmm_(a[rows], b[columns].T, alpha=-2)
            in_rows = closed(tile, x_limits[rows, None], x_radii[rows, None], i, j)
            yield rows, columns, in_rows, closed(tile, y_limits[columns], y_radii[columns], i, j)


def _exactly(x: ComparedPoints, y: ComparedPoints, i: int, j: int, pairs: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Exact distances [p] of pairs within the tile that begins at row i and column j."""
    if len(pairs[0]) * 8 > BLOCK**2:  # so many that all are sooner computed than gathered
        return _distances(x.exact[i : i + BLOCK], y.exact[j : j + BLOCK])[pairs]
    return x.distances(pairs[0] + i, y, pairs[1] + j)


def _slack(a: torch.Tensor, aa: torch.Tensor, bb: torch.Tensor) -> torch.Tensor:
    """Bounds [n] of the error of screened squared distances of the points ``a`` [n, d], whatever the other's are."""
    roundings = a.shape[1] + 16
    if a.dtype == torch.float64:
        roundings *= 3  # the exact ones have as many
    return (aa + bb.max()) * (roundings * torch.finfo(a.dtype).eps / 2) + torch.finfo(torch.float32).tiny


def _distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[…, n, m], each a function of its two rows alone, and the same in either order."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _power_of_two(largest: float) -> float:
    """By which numbers up to ``largest`` are about 1."""
    return 2.0 ** -min(max(math.frexp(largest)[1], -1000), 1000)
