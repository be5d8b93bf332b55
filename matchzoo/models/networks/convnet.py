"""The plain convolutional network of the condensation papers."""

import math
from typing import Literal

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.models.networks.layers import linear
from matchzoo.models.networks.network import Network, Shape


@declare("convnet")
class ConvNet(Network):
    """Blocks of a 3x3 convolution, a norm, ReLU and 2x2 average pooling, then a linear layer.

    Weights and biases start as torch's layers do: uniform on ±1/√fan-in.

    Source: Gidaris and Komodakis, Dynamic few-shot visual learning without forgetting, CVPR 2018; as used by Zhao et
    al., Dataset condensation with gradient matching, ICLR 2021: three blocks of 128 channels, instance norm.
    """

    width: int = attrs.field(default=128, validator=at_least(1))
    """Channels of every block."""
    depth: int = attrs.field(default=3, validator=at_least(1))
    """Blocks; each halves the side."""
    norm: Literal["instance", "batch", "none"] = "instance"
    """After each convolution, with scale and shift; instance norm treats every sample by itself."""

    head: bool = True
    """End in a linear layer; else outputs are the pixels of the last block, which the declared number must be."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers; raises unless they go from images of at least 2^depth pixels a side to vectors."""
        if len(inputs) != 3 or len(outputs) != 1:
            raise DeclarationError([("network", f"convnet maps images to vectors, not {inputs} to {outputs}")])
        channels, height, width = self.joined_shape(inputs)
        if min(height, width) < 2**self.depth:
            problem = f"{self.depth} halvings need at least {2**self.depth} pixels a side, got {height}x{width}"
            raise DeclarationError([("network.depth", problem)])

        def start(weight: torch.Tensor) -> None:
            nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=rng)

        layers: list[nn.Module] = []
        for _ in range(self.depth):
            convolution = nn.utils.skip_init(nn.Conv2d, channels, self.width, 3, padding=1)
            start(convolution.weight)
            _uniform(convolution.bias, channels * 9, rng)
            layers += [convolution, *self._norm(), nn.ReLU(), nn.AvgPool2d(2)]
            channels, height, width = self.width, height // 2, width // 2
        layers.append(nn.Flatten())
        cells = channels * height * width
        if self.head:
            last = linear(cells, outputs[0], start)
            _uniform(last.bias, cells, rng)
            layers.append(last)
        elif outputs[0] != cells:
            problem = f"without a last layer there are {cells} outputs, got {outputs[0]}; ask for {cells}, or a head"
            raise DeclarationError([("network.head", problem)])
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, c, h, w] → [n, d]."""
        return self.layers(self.join(x, condition))

    def _norm(self) -> list[nn.Module]:
        if self.norm == "instance":
            return [nn.GroupNorm(self.width, self.width)]
        return [nn.BatchNorm2d(self.width)] if self.norm == "batch" else []


def _uniform(bias: torch.Tensor, fan_in: int, rng: torch.Generator) -> None:
    bound = 1 / math.sqrt(fan_in)
    nn.init.uniform_(bias, -bound, bound, generator=rng)
