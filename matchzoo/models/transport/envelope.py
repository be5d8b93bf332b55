"""Gradients of optimal values by the envelope theorem: never through the iterations of a solver."""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from matchzoo.core.numerics.float64 import double


def with_gradients(value: torch.Tensor, *pairs: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """An optimal value with its gradients, such as dV/dC = π, dV/da = f and dV/db = g.

    Args:
        value: a scalar, of the solver.
        pairs: an input [...] with the graph that its gradient goes on in, and the derivative [...] of the value in it.

    Returns:
        The value in float64; once differentiable.
    """
    given: torch.Tensor = _Envelope.apply(value, *(input for input, _ in pairs), *(slope for _, slope in pairs))
    return given


class _Envelope(torch.autograd.Function):
    """A constant whose derivatives are given."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor, *inputs_and_slopes: torch.Tensor) -> torch.Tensor:
        half = len(inputs_and_slopes) // 2
        ctx.save_for_backward(*inputs_and_slopes[half:])
        ctx.like = [(x.dtype, x.device) for x in inputs_and_slopes[:half]]
        return double(value.detach()).clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The derivatives times the gradient of the value."""
        needed = ctx.needs_input_grad[1 : 1 + len(ctx.like)]
        shares = [
            (gradient.to(slope) * slope).to(device, dtype) if needs else None
            for slope, (dtype, device), needs in zip(ctx.saved_tensors, ctx.like, needed, strict=True)
        ]
        return None, *shares, *(None for _ in shares)
