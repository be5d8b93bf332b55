"""The plain convolutional network of the condensation papers."""

from typing import Literal

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.models.networks.layers import group_norm, start_uniform
from matchzoo.models.networks.network import Network, Shape


@declare("convnet")
class ConvNet(Network):
    """Blocks of a convolution (3x3), a norm, ReLU and 2x2 pooling (average), then a linear layer.

    Weights and biases start as torch's layers do: uniform on ±1/√fan-in.

    Source: Gidaris and Komodakis, Dynamic few-shot visual learning without forgetting, CVPR 2018; as used by Zhao et
    al., Dataset condensation with gradient matching, ICLR 2021: three blocks of 128 channels, instance norm.
    """

    width: int = attrs.field(default=128, validator=at_least(1))
    """Channels of every block."""
    depth: int = attrs.field(default=3, validator=at_least(1))
    """Blocks; each halves the side, rounded down by pooling and up by a stride."""
    widths: Several[int] = attrs.field(default=(), validator=at_least(1))
    """Channels of each block, in place of ``width`` and ``depth``."""
    kernel: int = attrs.field(default=3, validator=at_least(1))
    """Pixels a side of a convolution, an odd number; borders are padded by zeros, so that it keeps the size."""
    first_padding: int | None = attrs.field(default=None, validator=at_least(0))
    """Pixels of zeros at every border of the images, for the first convolution; as many as keep the size if not given.
    The condensation papers have 3 for images of one channel, so that 28 pixels become 32."""
    norm: Literal["instance", "batch", "group", "layer", "none"] = "instance"
    """After each convolution, with scale and shift; instance, group (8 groups of channels) and layer norm (all of them)
    treat every sample by itself."""
    pooling: Literal["average", "max", "stride"] = "average"
    """Of 2x2 pixels, at the end of each block; or none, with convolutions that go two pixels at a time, which take a
    quarter of the operations."""
    head: bool = True
    """End in a linear layer; else outputs are the pixels of the last block, which the declared number must be."""

    def __attrs_post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise DeclarationError([("kernel", f"expected an odd number of pixels, got {self.kernel}")])

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers; raises unless they go from images of at least 2^blocks pixels a side to vectors."""
        if len(inputs) != 3 or len(outputs) != 1:
            raise DeclarationError([("network", f"convnet maps images to vectors, not {inputs} to {outputs}")])
        channels, height, width = self.joined_shape(inputs)
        widths = self.widths or (self.width,) * self.depth
        first = self.kernel // 2 if self.first_padding is None else self.first_padding
        grown = 2 * (first - self.kernel // 2)
        height, width = height + grown, width + grown  # what the first convolution makes of them
        if min(height, width) < 2 ** len(widths):
            problem = f"{len(widths)} halvings need at least {2 ** len(widths)} pixels a side, got {height}x{width}"
            raise DeclarationError([("network.depth", problem)])

        layers: list[nn.Module] = []
        for block, filters in enumerate(widths):
            padding = self.kernel // 2 if block else first
            options = {"padding": padding, "stride": 2 if self.pooling == "stride" else 1}
            convolution = nn.utils.skip_init(nn.Conv2d, channels, filters, self.kernel, **options)
            start_uniform(convolution, rng)
            layers += [convolution, *self._norm(filters), nn.ReLU()]
            if self.pooling == "stride":
                channels, height, width = filters, -(-height // 2), -(-width // 2)
            else:
                layers.append(nn.MaxPool2d(2) if self.pooling == "max" else nn.AvgPool2d(2))
                channels, height, width = filters, height // 2, width // 2
        layers.append(nn.Flatten())
        cells = channels * height * width
        if self.head:
            last = nn.utils.skip_init(nn.Linear, cells, outputs[0])
            start_uniform(last, rng)
            layers.append(last)
        elif outputs[0] != cells:
            problem = f"without a last layer there are {cells} outputs, got {outputs[0]}; ask for {cells}, or a head"
            raise DeclarationError([("network.head", problem)])
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, c, h, w] → [n, d]."""
        return self.layers(self.join(x, condition))

    def _norm(self, channels: int) -> list[nn.Module]:
        if self.norm == "instance":
            return [nn.GroupNorm(channels, channels)]
        if self.norm in ("group", "layer"):
            return [group_norm(channels) if self.norm == "group" else group_norm(channels, 1)]
        return [nn.BatchNorm2d(channels)] if self.norm == "batch" else []
