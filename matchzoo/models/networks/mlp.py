"""The multi-layer perceptron."""

import itertools
import math
from typing import Literal

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.models.networks.layers import ACTIVATIONS, OUTPUTS, Activation, Output, linear
from matchzoo.models.networks.network import Network, Shape


@declare("mlp")
class MLP(Network):
    """Linear layers with an activation between them; Glorot-uniform weights, zero biases."""

    widths: Several[int] = attrs.field(default=(100, 100), validator=at_least(1))
    """Units of each hidden layer; none for a linear map."""
    activation: Activation = "relu"
    """Between layers."""
    norm: Literal["none", "batch"] = "none"
    """Before each activation; batch norm in training makes the samples of a batch depend on each other."""
    output_norm: Literal["none", "batch"] = "none"
    """Before the activation of the output: with ``output = "relu"`` the bottleneck that aligned features want."""
    output: Output = "linear"
    """After the last layer; sigmoid for images in [0, 1], relu for features that a head stands on."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers between flattened samples."""
        self.shape = outputs
        sizes = [math.prod(self.joined_shape(inputs)), *self.widths, math.prod(outputs)]
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            layers.append(linear(before, after, lambda weight: nn.init.xavier_uniform_(weight, generator=rng)))
            if self.norm == "batch":
                layers.append(nn.BatchNorm1d(after))
            layers.append(ACTIVATIONS[self.activation]())
        hidden = len(layers) - (3 if self.norm == "batch" else 2)
        last: list[nn.Module] = [nn.BatchNorm1d(sizes[-1])] if self.output_norm == "batch" else []
        self.layers = nn.Sequential(*layers[: hidden + 1], *last, OUTPUTS[self.output]())

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, …] (flattened) → [n, *outputs]."""
        return self.layers(self.join(x, condition).flatten(1)).unflatten(1, self.shape)
