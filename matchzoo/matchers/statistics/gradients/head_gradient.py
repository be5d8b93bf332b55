"""The gradient of a random linear head: the statistic of linear gradient matching."""

from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.statistic import Statistic

BLOCK = 2**20
"""Values of the [n, c] matrices of one head or several that are formed at once (4 MiB each in float32)."""


def head_gradient(
    features: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    sample_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Gradient of the mean cross-entropy of a linear head, in closed form: G = (softmax(ZWᵀ + b) − Y)ᵀ [Z, 1] / n.

    Differentiable in features and probabilities at first order, so no graph of a gradient is needed (the reference
    differentiates twice). Where n · c is large, rows go in blocks, of which nothing is kept for the backward pass: they
    are formed again. Half-precision features are taken to float32 first, a block at a time. Several heads take one
    matrix product.

    Examples:
        >>> head_gradient(features, labels, 0.01 * torch.randn(10, 1280), torch.zeros(10)).shape
        torch.Size([10, 1281])

    Args:
        features: Z, [n, d].
        labels: class indices [n], or probabilities Y [n, c].
        weight: W, [c, d] of one head or [k, c, d] of several, of any precision and device.
        bias: b, [c] or [k, c].
        sample_weights: [n] non-negative with a positive sum; None for 1/n each.

    Returns:
        [c, d + 1] or [k, c, d + 1]: the gradient of the weight, and in the last column that of the bias.

    Source: arXiv 2511.16674, equation of its matching loss; the closed form is ours.
    """
    count = len(features)
    kind = torch.float32 if features.dtype in (torch.float16, torch.bfloat16) else features.dtype
    weight, bias = (x.to(features.device, kind, non_blocking=True) for x in (weight, bias))
    shares = None if sample_weights is None else (sample_weights / sample_weights.sum()).to(weight)
    rows = max(BLOCK // bias.numel(), 1)
    if count <= rows:
        return _part(features, labels, weight, bias, shares, count)
    total: torch.Tensor = _Blocks.apply(features, labels, weight, bias, shares, rows)
    return total


def _part(
    features: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    shares: torch.Tensor | None,
    count: int,
) -> torch.Tensor:
    """What some rows add to the gradient; each counts 1/count, or its share."""
    features = features.to(weight.dtype)
    logits = torch.addmm(bias.flatten(), features, weight.flatten(0, -2).T)
    residual = torch.softmax(logits.view(len(features), *bias.shape), -1)
    del logits
    if labels.is_floating_point():
        target = labels.to(weight)
    else:
        target = (labels[:, None] == torch.arange(bias.shape[-1], device=labels.device)).to(weight)
    residual = residual - (target if bias.ndim == 1 else target[:, None])
    residual = residual.flatten(1)
    scaled = residual / count if shares is None else residual * shares[:, None]
    return torch.cat([scaled.T @ features, scaled.sum(0)[:, None]], 1).view(*bias.shape, -1)


class _Blocks(torch.autograd.Function):
    """The sum of `_part` over blocks of rows; the backward pass forms each block again."""

    @staticmethod
    def forward(
        ctx: Any,
        features: torch.Tensor,
        labels: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        shares: torch.Tensor | None,
        rows: int,
    ) -> torch.Tensor:
        ctx.save_for_backward(features, labels, weight, bias, shares)
        ctx.rows = rows
        total = weight.new_zeros(*bias.shape, features.shape[1] + 1)
        for start in range(0, len(features), rows):
            some = slice(start, start + rows)
            own = None if shares is None else shares[some]
            total += _part(features[some], labels[some], weight, bias, own, len(features))
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        features, labels, weight, bias, shares = ctx.saved_tensors
        wanted = [x for x, needed in zip((features, labels), ctx.needs_input_grad, strict=False) if needed]
        gradients = [torch.empty_like(x) for x in wanted]
        for start in range(0, len(features), ctx.rows):
            some = slice(start, start + ctx.rows)
            own = None if shares is None else shares[some]
            z, y = (
                x[some].detach().requires_grad_(needed)
                for x, needed in zip((features, labels), ctx.needs_input_grad, strict=False)
            )
            with torch.enable_grad():
                part = _part(z, y, weight, bias, own, len(features))
            pieces = torch.autograd.grad(part, [x for x in (z, y) if x.requires_grad], gradient)
            for whole, piece in zip(gradients, pieces, strict=True):
                whole[some] = piece
        arrived = iter(gradients)
        first, second = (next(arrived) if needed else None for needed in ctx.needs_input_grad[:2])
        return first, second, None, None, None, None


@declare("head-gradient")
class HeadGradient(Statistic):
    """`head_gradient` of a head resampled each step: W from N(0, std²), b = 0, the same for all sets of the step.
    One draw serves all updates of a step, and all spaces of one dimension.

    Of several ``heads`` the gradients are one statistic [k, c, d + 1]; ``cosine`` is one cosine over all of it, close
    to the mean of the heads' cosines, with less noise.

    Source: arXiv 2511.16674, with one head. Its released code has std = 0.01; secondary readings of its text say 1.
    """

    std: float = attrs.field(default=0.01, validator=positive())
    """Standard deviation of the head's weights."""
    heads: int = attrs.field(default=1, validator=at_least(1))
    """Heads a step, k; they share one matrix product."""

    @property
    def supports_float16(self) -> bool:
        """Yes."""
        return True

    def build(self, spec: Spec) -> None:
        """Take the number of classes; raises for fewer than two."""
        if spec.classes is None or spec.classes < 2:
            raise DeclarationError([("data", f"a linear head needs at least 2 classes, got {spec.classes or 'none'}")])
        self.classes = spec.classes

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The gradient [c, d + 1] (or [k, c, d + 1] of several heads) of a set with labels."""
        if samples.labels is None:
            raise DeclarationError([("statistic", "a head gradient needs labels, and this set has none")])
        shape = (self.classes,) if self.heads == 1 else (self.heads, self.classes)
        weight = torch.randn(*shape, samples.values.shape[1], generator=step.rng("head")) * self.std
        return head_gradient(samples.values, samples.labels, weight, torch.zeros(shape), samples.weights)
