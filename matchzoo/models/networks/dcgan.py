"""The strided convolutional networks of DCGAN, in both directions."""

import itertools
from typing import Any, Literal

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.models.networks.layers import OUTPUTS, Output, linear
from matchzoo.models.networks.network import Network, Shape


@declare("dcgan")
class DCGAN(Network):
    """Strided convolutions with batch norm: from vectors to images (a generator) or from images to vectors (a critic).

    To images: a linear layer to the smallest map, then transposed convolutions that double the side, ReLU between.
    From images: convolutions that halve the side, leaky ReLU (0.2) between, no norm after the first; then a linear
    layer. Weights start from N(0, std²), scales of the norm from N(1, std²), all else from 0.

    Source: Radford et al., Unsupervised representation learning with deep convolutional generative adversarial
    networks, ICLR 2016. ``channels = [32, 64, 128], kernel = 5, bias = true, scale = false`` is the narrower network of
    the released GRAMFlow code (521 088 parameters to 128 features, 522 915 from 128 values, at 32 pixels).
    """

    channels: Several[int] = attrs.field(default=(64, 128, 256, 512), validator=[at_least(1), not_empty()])
    """Channels of the maps, from the image inwards; each halves the side, which must allow that."""
    kernel: Literal[4, 5] = 4
    """Pixels a side of the convolutions."""
    bias: bool = False
    """Of the convolutions and of the first linear layer of a generator."""
    scale: bool = True
    """Whether the norm has a scale beside its shift."""
    epsilon: float = attrs.field(default=1e-5, validator=positive())
    """Added to the variance by the norm."""
    output: Output = "sigmoid"
    """After the image; sigmoid for [0, 1]. A vector has none."""
    std: float = attrs.field(default=0.02, validator=positive())
    """Standard deviation of the start."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers; raises unless one shape is of vectors and the other of images that can be halved."""
        if sorted((len(inputs), len(outputs))) != [1, 3]:
            shapes = f"{inputs} to {outputs}"
            raise DeclarationError([("network", f"dcgan maps vectors to images or back, not {shapes}; use mlp")])
        image = inputs if len(inputs) == 3 else outputs
        halvings = 2 ** len(self.channels)
        if image[1] % halvings or image[2] % halvings:
            raise DeclarationError(
                [
                    (
                        "network.channels",
                        f"{len(self.channels)} of them halve the side as often: expected one divisible by {halvings}, "
                        f"got images of {image[1]}x{image[2]}; give fewer channels or another data.size",
                    )
                ]
            )
        self.small = (self.channels[-1], image[1] // halvings, image[2] // halvings)
        make = self._to_image if image is outputs else self._from_image
        self.layers = nn.Sequential(*make(self.joined_shape(inputs), outputs, rng))

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, d] → [n, c, h, w], or back."""
        return self.layers(self.join(x, condition))

    def _to_image(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> list[nn.Module]:
        cells = self.small[0] * self.small[1] * self.small[2]
        first = linear(inputs[0], cells, lambda weight: self._normal(weight, 0, rng), bias=self.bias)
        layers: list[nn.Module] = [first, nn.Unflatten(1, self.small), self._norm(self.small[0], rng), nn.ReLU()]
        inner = self.channels[::-1]
        for before, after in itertools.pairwise(inner):
            layers += [self._convolution(before, after, True, rng), self._norm(after, rng), nn.ReLU()]
        return [*layers, self._convolution(inner[-1], outputs[0], True, rng), OUTPUTS[self.output]()]

    def _from_image(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for level, (before, after) in enumerate(itertools.pairwise((inputs[0], *self.channels))):
            layers.append(self._convolution(before, after, False, rng))
            layers += [self._norm(after, rng)] if level else []
            layers.append(nn.LeakyReLU(0.2))
        cells = self.small[0] * self.small[1] * self.small[2]
        last = linear(cells, outputs[0], lambda weight: self._normal(weight, 0, rng))
        return [*layers, nn.Flatten(), last]

    def _convolution(self, before: int, after: int, transposed: bool, rng: torch.Generator) -> nn.Module:
        """A convolution that halves (or doubles, if transposed) an even side."""
        wide = self.kernel == 5
        options = {"stride": 2, "padding": 2 if wide else 1, "bias": self.bias}
        kind: Any = nn.ConvTranspose2d if transposed else nn.Conv2d
        if transposed:
            options["output_padding"] = int(wide)
        layer = nn.utils.skip_init(kind, before, after, self.kernel, **options)
        self._normal(layer.weight, 0, rng)
        if self.bias:
            nn.init.zeros_(layer.bias)
        return layer

    def _norm(self, channels: int, rng: torch.Generator) -> nn.Module:
        norm = nn.BatchNorm2d(channels, eps=self.epsilon)
        if self.scale:
            self._normal(norm.weight, 1, rng)
        else:
            norm.register_parameter("weight", None)
        return norm

    def _normal(self, tensor: torch.Tensor, mean: float, rng: torch.Generator) -> None:
        nn.init.normal_(tensor, mean, self.std, generator=rng)
