"""Gradients of optimal values by the envelope theorem: never through the iterations of a solver."""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from matchzoo.core.numerics.float64 import double


def with_gradient(
    value: torch.Tensor,
    cost: torch.Tensor,
    coupling: torch.Tensor,
    weights: tuple[torch.Tensor, torch.Tensor] | None = None,
    potentials: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> torch.Tensor:
    """An optimal value with its gradients: dV/dC = π and, where there are potentials, dV/da = f and dV/db = g.

    Args:
        value: a scalar, of the solver.
        cost: C [n, m], with the graph that gradients go on in.
        coupling: π [n, m].
        weights: a [n] and b [m], with their graph.
        potentials: f [n] and g [m].

    Returns:
        The value in float64; once differentiable.
    """
    if weights is None or potentials is None:
        return _Envelope.apply(value, cost, None, None, coupling, None, None)
    return _Envelope.apply(value, cost, *weights, coupling, *potentials)


class _Envelope(torch.autograd.Function):
    """A constant whose derivatives are given."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor, *rest: torch.Tensor | None) -> torch.Tensor:
        cost, a, b, *derivatives = rest
        ctx.save_for_backward(*derivatives)
        ctx.like = [None if x is None else (x.dtype, x.device) for x in (cost, a, b)]
        return double(value.detach()).clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """π, f and g, each times the gradient of the value."""
        shares = [
            None if like is None or not needed or x is None else (gradient.to(x) * x).to(like[1], like[0])
            for x, like, needed in zip(ctx.saved_tensors, ctx.like, ctx.needs_input_grad[1:4], strict=True)
        ]
        return None, *shares, None, None, None
