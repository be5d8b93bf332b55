"""The multi-layer perceptron."""

import itertools
import math
from typing import Literal

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.models.networks.layers import ACTIVATIONS, OUTPUTS, Activation, Output, group_norm, linear
from matchzoo.models.networks.network import Network, Shape

Norm = Literal["none", "batch", "group", "layer"]


@declare("mlp")
class MLP(Network):
    """Linear layers with an activation between them."""

    widths: Several[int] = attrs.field(default=(100, 100), validator=at_least(1))
    """Units of each hidden layer; none for a linear map."""
    activation: Activation = "relu"
    """Between layers."""
    norm: Norm = "none"
    """Before each activation; batch norm in training makes the samples of a batch depend on each other, group norm (8
    groups) and layer norm do not."""
    output_norm: Norm = "none"
    """Before the activation of the output: with ``output = "relu"`` the bottleneck that aligned features want."""
    output: Output = "linear"
    """After the last layer; sigmoid for images in [0, 1], relu for features that a head stands on."""
    start: Literal["glorot", "fan-in"] = "glorot"
    """Random weights and biases: Glorot-uniform and zero, or both uniform within ±1 / √(inputs of the layer), which is
    PyTorch's own start, and smaller."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers between flattened samples."""
        self.shape = outputs
        inputs_and_hidden = [math.prod(self.joined_shape(inputs)), *self.widths]

        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(inputs_and_hidden):
            layers += [self._linear(before, after, rng), *_norm(self.norm, after), ACTIVATIONS[self.activation]()]
        last = math.prod(outputs)
        layers += [self._linear(inputs_and_hidden[-1], last, rng), *_norm(self.output_norm, last)]
        self.layers = nn.Sequential(*layers, OUTPUTS[self.output]())

    def _linear(self, inputs: int, outputs: int, rng: torch.Generator) -> nn.Linear:
        if self.start == "glorot":
            return linear(inputs, outputs, lambda weight: nn.init.xavier_uniform_(weight, generator=rng))
        bound = inputs**-0.5
        layer = linear(inputs, outputs, lambda weight: nn.init.uniform_(weight, -bound, bound, generator=rng))
        nn.init.uniform_(layer.bias, -bound, bound, generator=rng)
        return layer

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, …] (flattened) → [n, *outputs]."""
        return self.layers(self.join(x, condition).flatten(1)).unflatten(1, self.shape)


def _norm(kind: Norm, units: int) -> list[nn.Module]:
    """Of vectors [n, units]; none, or one layer."""
    if kind in ("group", "layer"):
        return [group_norm(units) if kind == "group" else group_norm(units, 1)]
    return [nn.BatchNorm1d(units)] if kind == "batch" else []
