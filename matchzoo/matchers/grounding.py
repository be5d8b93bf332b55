"""How unlikely features are under a Gaussian around those of a precursor."""

import torch
import torch.nn.functional as F

from matchzoo.core.errors import MatchZooError

SMALLEST = 1e-5
"""Variance, at least."""


def gaussian_grounding(features: torch.Tensor, precursor: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """½ mean[(f − f⁰)² / v + log v] over rows and channels, v = softplus(b) + 10⁻⁵: up to a constant the negative
    log-likelihood of features under a Gaussian around those of a frozen network, with a variance for each channel.

    It holds features where they were, loosely in the channels whose variance is learned to be large.

    Args:
        features: f, [n, …, d].
        precursor: f⁰, of the same shape, which get no gradient.
        spread: b, [d], to be learned; b ≈ −2.25 for v = 0.1.

    Returns:
        A scalar, below 0 where variances are small and features near.

    Raises:
        MatchZooError: the shapes differ.

    Source: Cha et al., Domain generalization by mutual-information regularization with pre-trained models (MIRO), ECCV
    2022; with one layer's features, where the paper sums over several.
    """
    if features.shape != precursor.shape or spread.shape != features.shape[-1:]:
        shapes = f"{tuple(features.shape)}, {tuple(precursor.shape)} and {tuple(spread.shape)}"
        raise MatchZooError(f"gaussian_grounding: expected [n, d], [n, d] and [d], got {shapes}")
    variance = F.softplus(spread) + SMALLEST
    return ((features - precursor.detach()).square() / variance + variance.log()).mean() / 2
