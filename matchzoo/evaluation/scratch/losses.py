"""Losses of classifiers whose labels are probabilities, with a temperature."""

from typing import Literal

import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.numerics.losses import soft_cross_entropy

Loss = Literal["cross-entropy", "soft-cross-entropy", "kl"]


def tempered(probabilities: torch.Tensor, temperature: float) -> torch.Tensor:
    """Probabilities [n, c] at a temperature T: q^(1/T), normalized; of softmax(z) it is softmax(z / T)."""
    powers = probabilities.pow(1 / temperature)
    return powers / powers.sum(1, keepdim=True)


def tempered_cross_entropy(scores: torch.Tensor, probabilities: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    """-T² Σ_k q_k log p_k, the mean over samples, with p = softmax(scores / T) and q the labels at temperature T.

    T² keeps the size of the gradient, as in Hinton et al., Distilling the knowledge in a neural network, 2015 (§2).

    Examples:
        >>> tempered_cross_entropy(torch.zeros(1, 2), torch.tensor([[0.5, 0.5]])).item()
        0.6931471824645996

    Args:
        scores: [n, c].
        probabilities: [n, c].
        temperature: T > 0.
    """
    return temperature**2 * soft_cross_entropy(scores, tempered(probabilities, temperature), temperature)


def tempered_kl(scores: torch.Tensor, probabilities: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    """T² Σ_k q_k (log q_k - log p_k), the mean over samples, of the same p and q as `tempered_cross_entropy`, from
    which it differs by the entropy of the labels: the gradients are the same.

    Args:
        scores: [n, c].
        probabilities: [n, c].
        temperature: T > 0.
    """
    targets = tempered(probabilities, temperature)
    entropy = -torch.special.xlogy(targets, targets).sum(1).mean()
    return tempered_cross_entropy(scores, probabilities, temperature) - temperature**2 * entropy


@checked
def classification_loss(
    scores: torch.Tensor, labels: torch.Tensor, loss: Loss = "cross-entropy", temperature: float = 1.0
) -> torch.Tensor:
    """A loss by its name.

    Args:
        scores: [n, c].
        labels: class indices [n], or probabilities [n, c].
        loss: ``cross-entropy`` has no temperature.
        temperature: of the other two.
    """
    if loss == "cross-entropy":
        return F.cross_entropy(scores, labels)
    probabilities = labels if labels.ndim == 2 else F.one_hot(labels, scores.shape[1]).to(scores)
    soft_loss = tempered_cross_entropy if loss == "soft-cross-entropy" else tempered_kl
    return soft_loss(scores, probabilities, temperature)
