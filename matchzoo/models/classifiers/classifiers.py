"""Trained classifiers: features in, scores out."""

from abc import ABC, abstractmethod
from typing import Protocol

import attrs
import torch

from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import probabilities as probabilities


class Classifier(Protocol):
    """Anything that scores classes."""

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """Features [n, d] → scores [n, c], larger is likelier."""


class FeatureClassifier(ABC):
    """A classifier that was fitted on features.

    Examples:
        >>> classifier = linear_probe(features, labels)  # [n, d] and [n]
        >>> classifier.predict(others)  # class indices [m]
        >>> classifier.accuracy(others, their_labels)
    """

    @abstractmethod
    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """Features [n, d] → scores [n, c], larger is likelier."""

    def predict(self, features: torch.Tensor) -> torch.Tensor:
        """Features [n, d] → class indices [n], those of the largest scores."""
        return self.scores(features).argmax(1)

    def accuracy(self, features: torch.Tensor, labels: torch.Tensor, k: int = 1) -> float:
        """Share of features [n, d], from 0 to 1, whose label [n] is among the k largest scores."""
        return accuracy(self.scores(features), labels, k)


@attrs.frozen(eq=False)
class LinearClassifier(FeatureClassifier):
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


def accuracy(scores: torch.Tensor, labels: torch.Tensor, k: int = 1) -> float:
    """Share of rows [n, c] whose label [n] is among the k largest scores, and not scored −∞."""
    return double(hits(scores, labels, k)).mean().item()


def hits(scores: torch.Tensor, labels: torch.Tensor, k: int) -> torch.Tensor:
    """[n] bool: whether the label of a row [n, c] is among its k largest scores, and not scored −∞."""
    largest, classes = scores.topk(min(k, scores.shape[1]), 1)
    return ((classes == labels.to(scores.device)[:, None]) & (largest > -torch.inf)).any(1)


def standardize(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean [d] of features [n, d] and one scale, the root mean square of what is left when it is taken away."""
    mean = features.mean(0)
    scale = (features - mean).square().mean().sqrt().clamp_min(torch.finfo(features.dtype).tiny ** 0.5)
    return mean, scale
