"""Clusters of points: k-means."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.numerics.float64 import double

ROUNDS = 100
"""Rounds of Lloyd's algorithm at most; it mostly ends by itself after twenty."""


def k_means(
    points: torch.Tensor, count: int, rng: torch.Generator, starts: int = 1
) -> tuple[torch.Tensor, torch.Tensor]:
    """Centers and members of clusters with a small sum of squared distances Σ_i min_j |x_i − m_j|² (Lloyd's algorithm).

    A start draws centers among the points, each with a probability ∝ its squared distance to those before it
    (k-means++). A cluster that loses all of its points gets the one that is farthest from its own center.

    Examples:
        >>> centers, members = k_means(torch.randn(500, 16), 10, torch.Generator().manual_seed(0))
        >>> centers.shape, members.shape
        (torch.Size([10, 16]), torch.Size([500]))

    Args:
        points: [n, d].
        count: k, of the clusters, at most n.
        rng: of the starts, on the CPU.
        starts: that are tried; the one with the smallest sum is taken.

    Returns:
        Centers [k, d], and for every point the number [n] of its cluster (int64), 0 … k − 1; none is empty.

    Raises:
        MatchZooError: there are fewer points than clusters, or a point is not finite.

    Source: Lloyd, Least squares quantization in PCM, 1982; Arthur and Vassilvitskii, k-means++, SODA 2007.
    """
    if not 1 <= count <= len(points):
        raise MatchZooError(f"k-means: expected 1 to {len(points)} clusters of {len(points)} points, got {count}")
    if not bool(points.isfinite().all()):
        raise MatchZooError("k-means: some points are not finite")

    best: tuple[float, torch.Tensor, torch.Tensor] | None = None
    for _ in range(starts):
        centers, members, total = _lloyd(points, _spread(points, count, rng))
        if best is None or total < best[0]:
            best = (total, centers, members)
    assert best is not None
    return best[1], best[2]


def _spread(points: torch.Tensor, count: int, rng: torch.Generator) -> torch.Tensor:
    """Centers [k, d] of k-means++."""
    chosen = [int(torch.randint(len(points), (), generator=rng))]
    nearest = squared_distances(points, points[chosen])[:, 0]
    while len(chosen) < count:
        shares = double(nearest).cpu()
        if not shares.any():  # all others coincide with one that is chosen
            shares = torch.ones_like(shares)
        shares[chosen] = 0
        chosen.append(int(torch.multinomial(shares, 1, generator=rng)))
        nearest = nearest.minimum(squared_distances(points, points[chosen[-1:]])[:, 0])
    return points[chosen]


def _lloyd(points: torch.Tensor, centers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Centers, members and the sum of squared distances, from some centers."""
    members = torch.full((len(points),), -1, device=points.device)
    for _ in range(ROUNDS):
        nearest, closest = squared_distances(points, centers).min(1)
        sizes = closest.bincount(minlength=len(centers))
        for empty in (sizes == 0).nonzero().flatten().tolist():
            movable = torch.where(sizes[closest] > 1, nearest, -torch.ones_like(nearest))
            farthest = int(movable.argmax())
            sizes[closest[farthest]] -= 1
            sizes[empty] += 1
            closest[farthest], nearest[farthest] = empty, 0.0
        if torch.equal(closest, members):
            break
        members = closest
        sums = double(torch.zeros_like(centers)).index_add(0, members.to(double(centers).device), double(points))
        centers = (sums / sizes.to(sums)[:, None]).to(centers)
    return centers, members, double(nearest).sum().item()
