"""Weights of samples in a fit."""

import torch

from matchzoo.core.errors import MatchZooError


def of_mean_one(weights: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Weights [n] of mean 1, in the precision and place of features [n, …].

    Raises:
        MatchZooError: another number of them, one that is negative or not finite, or all are 0.
    """
    weights = weights.to(like)
    right = weights.shape == like.shape[:1] and bool((weights >= 0).all() & weights.isfinite().all())
    if not right or not bool(weights.sum() > 0):
        raise MatchZooError(
            f"weights: expected {len(like)} finite numbers that are not negative, nor all 0; of a ratio that may be "
            "negative take .clipped()"
        )
    return weights / weights.mean()
