"""How unlikely features are under a Gaussian around those of a precursor."""

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher

SMALLEST = 1e-5
"""Variance, at least."""


def gaussian_grounding(features: torch.Tensor, precursor: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """½ mean[(f − f⁰)² / v + log v] over rows and channels, v = softplus(b) + 10⁻⁵: up to a constant the negative
    log-likelihood of features under a Gaussian around those of a frozen network, with a variance for each channel.

    It holds features where they were, loosely in the channels whose variance is learned to be large.

    Args:
        features: f, [n, …, d].
        precursor: f⁰, of the same shape, which get no gradient.
        spread: b, [d], or of the shape of f, to be learned; b ≈ −2.25 for v = 0.1.

    Returns:
        A scalar, below 0 where variances are small and features near.

    Raises:
        MatchZooError: the shapes differ.

    Source: Cha et al., Domain generalization by mutual-information regularization with pre-trained models (MIRO), ECCV
    2022; with one layer's features, where the paper sums over several.
    """
    if features.shape != precursor.shape or spread.shape not in (features.shape[-1:], features.shape):
        shapes = f"{tuple(features.shape)}, {tuple(precursor.shape)} and {tuple(spread.shape)}"
        raise MatchZooError(f"gaussian_grounding: expected [n, d], [n, d] and [d], got {shapes}")
    variance = F.softplus(spread) + SMALLEST
    return ((features - precursor.detach()).square() / variance + variance.log()).mean() / 2


@declare("grounding")
class Grounding(Matcher):
    """`gaussian_grounding` of a set in three spaces: its features, those of the precursor, and the numbers b that the
    variances are made of, such as a projector with a network of kind ``constant``.

    Examples:
        >>> Grounding()(features, precursor, spread)  # [n, d] each; a scalar

    Source: Cha et al., Domain generalization by mutual-information regularization with pre-trained models (MIRO), ECCV
    2022.
    """

    arity: ClassVar[tuple[int, int | None]] = (3, 3)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The negative log-likelihood; raises for features of different shapes."""
        features, precursor, spread = (unweighted(samples, "grounding").values.flatten(1) for samples in sets)
        return Discrepancy(gaussian_grounding(features, precursor, spread))
