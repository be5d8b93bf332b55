"""What the networks share: activations, and linear layers whose start is a function of the generator alone."""

import functools
import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from matchzoo.core.errors import DeclarationError

Activation = Literal["relu", "leaky-relu", "tanh", "gelu", "silu", "selu", "softplus"]
Output = Literal["linear", "sigmoid", "tanh", "relu"]
GROUPS = 8
"""Of channels, in a group norm."""

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": functools.partial(nn.LeakyReLU, 0.2),
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "selu": nn.SELU,
    "softplus": nn.Softplus,
}
OUTPUTS: dict[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
}


def linear(inputs: int, outputs: int, start: Callable[[torch.Tensor], object], bias: bool = True) -> nn.Linear:
    """A linear layer whose weight [outputs, inputs] is set by ``start`` and whose bias is zero."""
    layer = nn.utils.skip_init(nn.Linear, inputs, outputs, bias=bias)
    with torch.no_grad():
        start(layer.weight)
        if bias:
            layer.bias.zero_()
    return layer


def start_uniform(layer: nn.Linear | nn.Conv2d, rng: torch.Generator) -> None:
    """Weights and biases as torch's layers start: uniform on ±1/√fan-in."""
    assert layer.bias is not None  # none of ours goes without
    bound = 1 / math.sqrt(layer.weight[0].numel())
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=rng)
    nn.init.uniform_(layer.bias, -bound, bound, generator=rng)


def group_norm(channels: int, groups: int = GROUPS) -> nn.GroupNorm:
    """Group norm, with scale and shift, of every sample by itself, one group being layer norm; raises unless the
    channels (or the units of a vector) are a multiple of the groups."""
    if channels % groups:
        message = f"group norm has {groups} groups, so channels are a multiple of {groups}, got {channels}"
        raise DeclarationError([("network.norm", message)])
    return nn.GroupNorm(groups, channels)


def normalizes_batches(network: nn.Module) -> bool:
    """Whether there is a batch norm in training, so that the outputs of a sample depend on others."""
    return any(isinstance(inner, _BatchNorm) and inner.training for inner in network.modules())
