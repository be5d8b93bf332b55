"""The gradient of a random linear head: the statistic of linear gradient matching."""

import attrs
import torch

from matchzoo.declare import declare, positive
from matchzoo.errors import DeclarationError
from matchzoo.facts import Facts
from matchzoo.samples import Samples
from matchzoo.statistics.statistic import Statistic
from matchzoo.step import Step


def head_gradient(
    features: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    sample_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Gradient of the mean cross-entropy of a linear head, in closed form: G = (softmax(ZWᵀ + b) − Y)ᵀ [Z, 1] / n.

    Differentiable in the features at first order, so no graph of a gradient is needed (the reference differentiates
    twice). Half-precision features are taken to float32 first.

    Args:
        features: Z, [n, d].
        labels: class indices [n], or probabilities Y [n, c].
        weight: W, [c, d], of any precision and device.
        bias: b, [c].
        sample_weights: [n] non-negative with a positive sum; None for 1/n each.

    Returns:
        [c, d + 1]: the gradient of the weight, and in the last column that of the bias.

    Source: arXiv 2511.16674, equation of its matching loss; the closed form is ours.
    """
    if features.dtype in (torch.float16, torch.bfloat16):
        features = features.float()
    weight, bias = weight.to(features), bias.to(features)
    residual = torch.softmax(features @ weight.T + bias, dim=1)
    if labels.is_floating_point():
        residual = residual - labels.to(residual)
    else:
        residual = residual - torch.nn.functional.one_hot(labels, len(bias)).to(residual)
    if sample_weights is None:
        residual = residual / len(features)
    else:
        residual = residual * (sample_weights / sample_weights.sum()).to(residual)[:, None]
    return torch.cat([residual.T @ features, residual.sum(0)[:, None]], 1)


@declare("head-gradient")
class HeadGradient(Statistic):
    """`head_gradient` of a head drawn anew each step: W from N(0, std²), b = 0, the same for all sets of the step.

    Source: arXiv 2511.16674. Its released code has std = 0.01; secondary readings of its text say 1.
    """

    std: float = attrs.field(default=0.01, validator=positive())
    """Standard deviation of the head's weights."""

    def build(self, facts: Facts) -> None:
        """Take the number of classes; raises for fewer than two."""
        if facts.classes is None or facts.classes < 2:
            raise DeclarationError([("data", f"a linear head needs at least 2 classes, got {facts.classes or 'none'}")])
        self.classes = facts.classes

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The gradient [c, d + 1] of a set with labels."""
        if samples.labels is None:
            raise DeclarationError([("statistic", "a head gradient needs labels, and this set has none")])
        weight = torch.randn(self.classes, samples.values.shape[1], generator=step.rng("head")) * self.std
        return head_gradient(samples.values, samples.labels, weight, torch.zeros(self.classes), samples.weights)
