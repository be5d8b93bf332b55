"""Clusters of points and mixtures of shares: k-means, and a factorization of probabilities."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.step import Step

ROUNDS = 300
UPDATES = 2000
TINY = 1e-300


def k_means(x: torch.Tensor, count: int, seed: int = 0, restarts: int = 5) -> torch.Tensor:
    """The cluster [n] of every point: Lloyd's algorithm from k-means++ starts, the best of several.

    Args:
        x: [n, d].
        count: of clusters, at most n.
        seed: of the starts.
        restarts: starts to choose from, by the sum of squared distances.

    Raises:
        MatchZooError: fewer points than clusters.

    Source: Arthur and Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.
    """
    if not 1 <= count <= len(x):
        raise MatchZooError(f"k-means: expected 1 to {len(x)} clusters of {len(x)} points, got {count}")
    x = double(x.detach())
    least, chosen = float("inf"), torch.zeros(len(x), dtype=torch.long)
    for start in range(restarts):
        rng = Step(0, seed).rng("k-means", start)
        centers = _spread(x, count, rng)
        clusters = torch.full((len(x),), -1, device=x.device)
        for _ in range(ROUNDS):
            distances = torch.cdist(x, centers).square()
            moved = distances.argmin(1)
            if torch.equal(moved, clusters):
                break
            clusters = moved
            totals = clusters.bincount(minlength=count)[:, None]
            means = torch.zeros_like(centers).index_add_(0, clusters, x) / totals.clamp_min(1)
            centers = torch.where(totals > 0, means, centers)
        cost = distances.min(1).values.sum().item()
        if cost < least:
            least, chosen = cost, clusters
    return chosen


def _spread(x: torch.Tensor, count: int, rng: torch.Generator) -> torch.Tensor:
    """Centers [k, d]: points drawn one after the other, by their squared distance to those before."""
    centers = [x[torch.randint(len(x), (1,), generator=rng).to(x.device)]]
    for _ in range(count - 1):
        nearest = torch.cdist(x, torch.cat(centers)).square().min(1).values.cpu()
        weights = nearest if bool(nearest.sum() > 0) else torch.ones_like(nearest)
        centers.append(x[torch.multinomial(weights, 1, generator=rng).to(x.device)])
    return torch.cat(centers)


def factorize_shares(
    shares: torch.Tensor, count: int, seed: int = 0, restarts: int = 5
) -> tuple[torch.Tensor, torch.Tensor]:
    """Q = A P with probabilities in every column: the shares of clusters in domains as mixtures of k latent ones.

    It minimizes Σ_d KL(Q_d‖(AP)_d) by the multiplicative updates of Lee and Seung (which are EM, as in probabilistic
    latent semantic analysis, and keep all sums), from random starts of which the best is taken. The factors are unique
    up to the order of the k where each has a cluster of its own; in general they are not.

    Args:
        shares: Q [m, D], columns of sum 1.
        count: k.
        seed: of the starts.
        restarts: starts to choose from.

    Returns:
        A [m, k], p(cluster|y), and P [k, D], p(y|domain), float64.

    Source: Lee and Seung, Learning the parts of objects by non-negative matrix factorization, Nature 1999.
    """
    shares = double(shares.detach())
    least, factors = float("inf"), (shares, shares)
    for start in range(restarts):
        rng = Step(0, seed).rng("factorization", start)
        left = torch.rand(len(shares), count, generator=rng, dtype=torch.float64).to(shares.device)
        right = torch.rand(count, shares.shape[1], generator=rng, dtype=torch.float64).to(shares.device)
        left, right = left / left.sum(0), right / right.sum(0)
        for _ in range(UPDATES):
            right = right * (left.T @ (shares / (left @ right).clamp_min(TINY)))
            left = left * ((shares / (left @ right).clamp_min(TINY)) @ right.T)
            left = left / left.sum(0).clamp_min(TINY)
            right = right / right.sum(0).clamp_min(TINY)
        divergence = torch.special.xlogy(shares, shares / (left @ right).clamp_min(TINY)).sum().item()
        if divergence < least:
            least, factors = divergence, (left, right)
    return factors
