"""Clusters of points: k-means."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.step import Step

ROUNDS = 300
MANY = 2**20
"""Numbers of points beyond which they keep their precision, and a start ends once a round gains less than `GAIN`."""
GAIN = 1e-4
"""Of the sum of squared distances."""


def k_means(x: torch.Tensor, count: int, seed: int = 0, restarts: int = 5) -> torch.Tensor:
    """The cluster [n] of every point: Lloyd's algorithm from k-means++ starts, the best of several.

    A cluster that loses all of its points gets the one that is farthest from its own center.

    Examples:
        >>> k_means(torch.randn(500, 16), 10).bincount().shape
        torch.Size([10])

    Args:
        x: [n, d].
        count: of clusters, at most n.
        seed: of the starts.
        restarts: starts to choose from, by the sum of squared distances.

    Returns:
        [n] int64, 0 … count − 1; no cluster is empty.

    Raises:
        MatchZooError: there are fewer points than clusters, or a point is not finite.

    Source: Lloyd, Least squares quantization in PCM, 1982; Arthur and Vassilvitskii, k-means++: the advantages of
    careful seeding, SODA 2007.
    """
    if not 1 <= count <= len(x):
        raise MatchZooError(f"k-means: expected 1 to {len(x)} clusters of {len(x)} points, got {count}")
    many = x.numel() > MANY
    x = x.detach() if many else double(x.detach())
    if not bool(x.isfinite().all()):
        raise MatchZooError("k-means: some points are not finite")
    x = x - x.mean(0)  # so that little is lost where lengths and products cancel
    lengths = x.square().sum(1)
    least, chosen = float("inf"), torch.zeros(len(x), dtype=torch.long)
    for start in range(restarts):
        rng = Step(0, seed).rng("k-means", start)
        centers = _spread(x, lengths, count, rng)
        clusters = torch.full((len(x),), -1, device=x.device)
        cost = float("inf")
        for _ in range(ROUNDS):
            nearest, moved = _nearest(x, lengths, centers)
            moved = _filled(moved, nearest, count)
            before, cost = cost, nearest.sum().item()
            if torch.equal(moved, clusters) or (many and before - cost < GAIN * cost):
                break
            clusters = moved
            members = torch.nn.functional.one_hot(clusters, count).to(x)
            centers = members.T @ x / members.sum(0)[:, None]
        if cost < least:
            least, chosen = cost, clusters
    return chosen


def _nearest(x: torch.Tensor, lengths: torch.Tensor, centers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Squared distances [n] of points to the nearest center, and its number [n]; ``lengths`` are squared ones of x."""
    distances = torch.addmm(centers.square().sum(1)[None], x, centers.T, alpha=-2)
    least, nearest = distances.min(1)
    return (least + lengths).clamp_min(0), nearest


def _spread(x: torch.Tensor, lengths: torch.Tensor, count: int, rng: torch.Generator) -> torch.Tensor:
    """Centers [k, d]: points drawn one after the other, by their squared distance to those before."""
    centers = [x[torch.randint(len(x), (1,), generator=rng).to(x.device)]]
    nearest = torch.full((len(x),), torch.inf, dtype=x.dtype, device=x.device)
    for _ in range(count - 1):
        nearest = nearest.minimum(_nearest(x, lengths, centers[-1])[0])
        weights = double(nearest.cpu()) if bool(nearest.sum() > 0) else torch.ones(len(x))
        centers.append(x[torch.multinomial(weights, 1, generator=rng).to(x.device)])
    return torch.cat(centers)


def _filled(clusters: torch.Tensor, nearest: torch.Tensor, count: int) -> torch.Tensor:
    """Clusters [n] of which none is empty, given squared distances [n] to their centers."""
    sizes = clusters.bincount(minlength=count)
    for empty in (sizes == 0).nonzero().flatten().tolist():
        movable = nearest.masked_fill(sizes[clusters] == 1, -1)
        movable[clusters == empty] = -1
        farthest = int(movable.argmax())
        sizes[clusters[farthest]] -= 1
        sizes[empty] += 1
        clusters[farthest] = empty
        nearest[farthest] = 0
    return clusters
