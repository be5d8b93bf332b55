"""Losses of scores, as plain functions."""

import torch
import torch.nn.functional as F


def soft_cross_entropy(
    scores: torch.Tensor, labels: torch.Tensor, temperature: float, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean over rows of the cross-entropy of softmax(scores / temperature); a scalar.

    Args:
        scores: [n, c].
        labels: class indices [n], or probabilities [n, c].
        temperature: above 0; below 1 sharpens.
        weights: [n] non-negative with a positive sum; None for equal ones.
    """
    if weights is None:
        return F.cross_entropy(scores / temperature, labels)
    losses = F.cross_entropy(scores / temperature, labels, reduction="none")
    return losses @ (weights / weights.sum()).to(losses)


def mean_entropy(scores: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Mean over rows of the entropy of softmax(scores), −Σ_k p_k log p_k, in nats; a scalar in [0, log c].

    Args:
        scores: [n, c].
        weights: [n] non-negative with a positive sum; None for equal ones.
    """
    logs = scores.log_softmax(1)
    entropies = -(logs.exp() * logs).sum(1)
    return entropies.mean() if weights is None else entropies @ (weights / weights.sum()).to(entropies)
