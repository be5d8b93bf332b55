"""The multi-layer perceptron."""

import itertools
from typing import Literal

import attrs
import torch
from torch import nn

from matchzoo.declare import at_least, declare
from matchzoo.networks.network import Network

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


@declare("mlp")
class MLP(Network):
    """Linear layers with an activation between them; Glorot-uniform weights, zero biases."""

    widths: tuple[int, ...] = attrs.field(default=(100, 100), validator=at_least(1))
    """Units of each hidden layer; none for a linear map."""
    activation: Literal["relu", "tanh"] = "relu"
    """Between layers."""
    output: Literal["linear", "sigmoid"] = "linear"
    """After the last layer; sigmoid for images in [0, 1]."""

    def build(self, inputs: int, outputs: int, rng: torch.Generator) -> None:
        """Make the layers, initialised by ``rng`` alone."""
        sizes = [inputs, *self.widths, outputs]
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            linear = nn.utils.skip_init(nn.Linear, before, after)
            nn.init.xavier_uniform_(linear.weight, generator=rng)
            nn.init.zeros_(linear.bias)
            layers += [linear, ACTIVATIONS[self.activation]()]
        layers[-1:] = [nn.Sigmoid()] if self.output == "sigmoid" else []
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] (flattened) → [n, outputs]."""
        return self.layers(x.flatten(1))
