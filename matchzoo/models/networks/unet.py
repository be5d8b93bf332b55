"""A small U-Net: from images to images of the same size."""

import itertools
import math

import attrs
import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.models.networks.layers import group_norm, linear
from matchzoo.models.networks.network import Network, Shape


@declare("unet")
class UNet(Network):
    """Residual blocks on the way down, through the bottom and up again, with the features of the way down beside those
    of the way up: the field of a flow of images.

    A block is twice a group norm, SiLU and a convolution (3x3); a condition (a time, a class) scales and shifts the
    second norm. Each level halves the side by average pooling, and the way up doubles it by repeated pixels, so that
    sides need not be powers of two. The last convolution of every block, and that of the network, start at zero, others
    as torch's layers do: at first each block passes its input on, and the network is zero.

    Source: Ronneberger et al., U-Net, MICCAI 2015; the blocks of Ho et al., Denoising diffusion probabilistic models,
    NeurIPS 2020, with the scale and shift of Nichol and Dhariwal, ICML 2021, and no attention.
    """

    widths: Several[int] = attrs.field(default=(32, 64), validator=[at_least(1), not_empty()])
    """Channels of each level, the first at full size; multiples of 8."""
    blocks: int = attrs.field(default=1, validator=at_least(1))
    """Residual blocks a level, on each way."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers; raises unless they go from images to images of one size, of at least 2^(levels − 1) pixels a
        side."""
        if len(inputs) != 3 or len(outputs) != 3 or inputs[1:] != outputs[1:]:
            raise DeclarationError([("network", f"unet maps images to images of one size, not {inputs} to {outputs}")])
        halvings = len(self.widths) - 1
        if min(inputs[1:]) < 2**halvings:
            problem = f"{halvings} halvings need at least {2**halvings} pixels a side, got {inputs[1]}x{inputs[2]}"
            raise DeclarationError([("network.widths", problem)])

        def level(before: int, after: int) -> _Level:
            return _Level([before] + [after] * self.blocks, self.condition, rng)

        first, last = self.widths[0], self.widths[-1]
        self.enter = _convolution(inputs[0], first, rng)
        self.down = nn.ModuleList(level(*pair) for pair in itertools.pairwise((first, *self.widths)))
        self.bottom = _Level([last, last], self.condition, rng)
        upward = tuple(reversed(self.widths))
        ways = zip((last, *upward), upward, strict=False)
        self.up = nn.ModuleList(level(before + after, after) for before, after in ways)
        self.leave = nn.Sequential(group_norm(first), nn.SiLU(), _convolution(first, outputs[0], None))

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, c, h, w] → [n, d, h, w]."""
        numbers = self.numbers(x, condition)
        features = self.enter(x)
        passed: list[torch.Tensor] = []
        for level in self.down:
            if passed:
                features = F.avg_pool2d(features, 2)
            features = level(features, numbers)
            passed.append(features)

        features = self.bottom(features, numbers)
        for level in self.up:
            beside = passed.pop()
            if features.shape[2:] != beside.shape[2:]:
                features = F.interpolate(features, size=beside.shape[2:])
            features = level(torch.cat([features, beside], 1), numbers)
        return self.leave(features)


class _Level(nn.Module):
    """Blocks from one number of channels to the next."""

    def __init__(self, sizes: list[int], condition: int, rng: torch.Generator) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Block(*pair, condition, rng) for pair in itertools.pairwise(sizes))

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
        """[n, first, h, w] and [n, k] → [n, last, h, w]."""
        for block in self.blocks:
            x = block(x, condition)
        return x


class _Block(nn.Module):
    """x + f(x, condition), with a convolution of one pixel on x where the channels change."""

    def __init__(self, before: int, after: int, condition: int, rng: torch.Generator) -> None:
        super().__init__()
        self.first = nn.Sequential(group_norm(before), nn.SiLU(), _convolution(before, after, rng))
        self.norm = group_norm(after)
        self.second = nn.Sequential(nn.SiLU(), _convolution(after, after, None))
        self.scale_and_shift = linear(condition, 2 * after, lambda w: _uniform(w, rng)) if condition else None
        self.straight = _convolution(before, after, rng, side=1) if before != after else nn.Identity()

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
        """[n, before, h, w] and [n, k] → [n, after, h, w]."""
        features = self.norm(self.first(x))
        if self.scale_and_shift is not None:
            scale, shift = self.scale_and_shift(condition)[:, :, None, None].chunk(2, 1)
            features = features * (1 + scale) + shift
        return self.straight(x) + self.second(features)


def _convolution(before: int, after: int, rng: torch.Generator | None, side: int = 3) -> nn.Conv2d:
    """One that keeps the size, with no bias at first; all zero without a generator."""
    layer = nn.utils.skip_init(nn.Conv2d, before, after, side, padding=side // 2)
    nn.init.zeros_(layer.bias)
    if rng is None:
        nn.init.zeros_(layer.weight)
    else:
        _uniform(layer.weight, rng)
    return layer


def _uniform(weight: torch.Tensor, rng: torch.Generator) -> None:
    """±1/√fan-in."""
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=rng)
