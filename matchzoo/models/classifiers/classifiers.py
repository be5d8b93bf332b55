"""Trained classifiers: features in, scores out."""

from typing import Protocol

import attrs
import torch

from matchzoo.core.samples import probabilities as probabilities


class Classifier(Protocol):
    """Anything that scores classes."""

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """Features [n, d] → scores [n, c], larger is likelier."""


@attrs.frozen(eq=False)
class LinearClassifier:
    """Scores z Wᵀ + b.

    Attributes:
        weight: [c, d], for raw features.
        bias: [c].
        gradient: norm of the objective's gradient where an iterative solver stopped, on features of unit scale; None
            for other classifiers.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    gradient: float | None = None

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n, c], in the precision of the weights."""
        return features.to(self.weight) @ self.weight.T + self.bias


def standardize(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean [d] of features [n, d] and one scale, the root mean square of what is left when it is taken away."""
    mean = features.mean(0)
    scale = (features - mean).square().mean().sqrt().clamp_min(torch.finfo(features.dtype).tiny ** 0.5)
    return mean, scale
