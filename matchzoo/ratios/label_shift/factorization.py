"""Mixtures of shares: a factorization of probabilities."""

import torch

from matchzoo.core.numerics.float64 import double
from matchzoo.core.step import Step

UPDATES = 2000
TINY = 1e-300


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
