"""Gradients of convex functions: every one of them is a proximal operator, and says of what."""

from collections.abc import Callable

import torch

Potential = Callable[[torch.Tensor], torch.Tensor]
"""ψ(y) [n] (or [n, 1]) of points [n, …], row by row."""


def potential_gradient(potential: Potential, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """ψ(y) [n] and f(y) = ∇ψ(y) [n, …] at points [n, …]; differentiable where gradients are on.

    Of a convex ψ, f is the proximal operator argmin_x |x − y|² / 2 + R(x) of the R that `prior_at` values, which need
    not be convex itself.

    Examples:
        >>> value, proximal = potential_gradient(lambda y: y.square().sum(1) / 4, torch.ones(3, 2))
        >>> proximal[0].tolist()
        [0.5, 0.5]

    Source: Gribonval and Nikolova, A characterization of proximity operators, Journal of Mathematical Imaging and
    Vision 2020, theorem 1.
    """
    differentiable = torch.is_grad_enabled()
    with torch.enable_grad():
        if not (y.requires_grad and differentiable):
            y = y.detach().requires_grad_()
        value = potential(y).flatten()
        [gradient] = torch.autograd.grad(value.sum(), y, create_graph=differentiable)
    return (value, gradient) if differentiable else (value.detach(), gradient)


def prior_at(potential: Potential, y: torch.Tensor) -> torch.Tensor:
    """R(f(y)) = ⟨y, f(y)⟩ − |f(y)|² / 2 − ψ(y) [n] for points y [n, …]: up to a constant, the function whose proximal
    operator f is.

    It is the value at f(y), not at y: `prior_value` inverts f first.

    Source: Fang et al., What's in a prior? Learned proximal networks for inverse problems, ICLR 2024, equation 3.5 (its
    code returns f(x) under the name of f(y)).
    """
    value, image = potential_gradient(potential, y)
    flat = image.flatten(1)
    return (y.flatten(1) * flat).sum(1) - flat.square().sum(1) / 2 - value
