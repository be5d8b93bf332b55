"""Sharpness-aware minimization: the gradient at a point a small way uphill, applied where the parameters are."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import nn


def ascent(gradients: Sequence[torch.Tensor | None], radius: float) -> list[torch.Tensor | None]:
    """ρ g / ‖g‖, for a gradient g in several tensors whose norm is that of all of them together.

    Zero where g is zero or not finite.

    Args:
        gradients: […] each; None for parameters that an objective does not depend on.
        radius: ρ ≥ 0.

    Returns:
        […], of the shapes of the gradients.

    Source: Foret et al., Sharpness-aware minimization for efficiently improving generalization, ICLR 2021, equation 2.
    """
    norms = [torch.linalg.vector_norm(gradient) for gradient in gradients if gradient is not None]
    if not norms:
        return list(gradients)
    norm = torch.linalg.vector_norm(torch.stack(norms))
    usable = norm.isfinite() & (norm > 0)
    scale = radius / torch.where(usable, norm, 1)
    return [None if g is None else torch.where(usable, scale * g, torch.zeros_like(g)) for g in gradients]


@contextlib.contextmanager
def uphill(
    parameters: Sequence[nn.Parameter], gradients: Sequence[torch.Tensor | None], radius: float
) -> Iterator[None]:
    """Within, parameters θ are at θ + ρ g / ‖g‖ (`ascent`); afterwards they are what they were, to the bit.

    Examples:
        >>> with uphill(parameters, torch.autograd.grad(loss(), parameters), 0.05):
        ...     gradients = torch.autograd.grad(loss(), parameters)

    Args:
        parameters: […] each.
        gradients: of them, of the same shapes; None for one that stays.
        radius: ρ ≥ 0.
    """
    before: list[tuple[nn.Parameter, torch.Tensor]] = []
    try:
        with torch.no_grad():
            for parameter, step in zip(parameters, ascent(gradients, radius), strict=True):
                if step is not None:
                    before.append((parameter, parameter.detach().clone()))
                    parameter.add_(step)
        yield
    finally:
        with torch.no_grad():
            for parameter, values in before:
                parameter.copy_(values)


@contextlib.contextmanager
def without_trace(parts: Iterable[nn.Module], terms: Iterable[nn.Module]) -> Iterator[None]:
    """Within, evaluations leave nothing behind: neither in buffers of parts (statistics of batch norm), nor in what
    terms keep aside for their `after_step`.

    Args:
        parts: whose buffers are put back.
        terms: whose attributes are put back.
    """
    buffers = [(buffer, buffer.clone()) for part in parts for buffer in part.buffers()]
    attributes = [(module, dict(vars(module))) for term in terms for module in term.modules()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
        for module, kept in attributes:
            vars(module).update(kept)
