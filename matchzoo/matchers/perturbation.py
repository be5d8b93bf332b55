"""Samples moved to where a network's loss is high and steep: the unknown domain that UDIM trains against."""

from collections.abc import Sequence

import torch


def steepness_gradient(
    loss: torch.Tensor, inputs: torch.Tensor, parameters: Sequence[torch.Tensor], radius: float
) -> torch.Tensor:
    """∇_x [ℓ + ρ ‖∇_θ ℓ‖], of the shape of the inputs: uphill to where the loss near the parameters θ is high.

    Args:
        loss: ℓ, [], with a graph of inputs and parameters that is kept.
        inputs: x, [n, …] with a gradient.
        parameters: θ, some of which the loss depends on; the norm is of all of them together.
        radius: ρ ≥ 0.

    Source: Shin et al., Unknown domain inconsistency minimization for domain generalization (UDIM), ICLR 2024.
    """
    if radius and parameters:
        gradients = torch.autograd.grad(loss, list(parameters), create_graph=True, allow_unused=True)
        squares = [gradient.square().sum() for gradient in gradients if gradient is not None]
        square = torch.stack([loss.new_zeros(()), *squares]).sum()
        loss = loss + radius * square.clamp_min(torch.finfo(square.dtype).tiny).sqrt()
    return torch.autograd.grad(loss, inputs, retain_graph=True)[0]


def perturb(inputs: torch.Tensor, gradient: torch.Tensor, length: float) -> torch.Tensor:
    """x_i + s g_i / ‖g_i‖, each sample moved by one length along its own gradient; where that is zero it stays.

    The published code normalizes each pixel over the batch instead, so that a sample's step depends on the others.

    Args:
        inputs: x, [n, …].
        gradient: g, of the same shape.
        length: s.

    Returns:
        The moved samples, of the same shape, without a graph.
    """
    flat = gradient.detach().flatten(1)
    norms = torch.linalg.vector_norm(flat, dim=1, keepdim=True)
    directions = flat / torch.where(norms > 0, norms, 1)
    return inputs.detach() + length * directions.view_as(inputs)
