"""Residual networks, for images as small as those of CIFAR."""

from typing import Literal

import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.models.networks.network import Network, Shape

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}


@declare("resnet")
class ResidualNet(Network):
    """torchvision's ResNet of basic blocks, with a first convolution of 3x3 and stride 1 and no max pooling before the
    first block, as is usual for images of 32 pixels.

    Source: He et al., Deep residual learning for image recognition, CVPR 2016; as the condensation papers use it, with
    instance norm.
    """

    depth: Literal[18, 34] = 18
    """Layers."""
    norm: Literal["instance", "batch"] = "instance"
    """After each convolution, with scale and shift; batch norm makes the samples of a batch depend on each other."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers, started as torchvision does; raises unless they go from images of 16 pixels to vectors."""
        from torchvision.models.resnet import BasicBlock, ResNet

        if len(inputs) != 3 or len(outputs) != 1:
            raise DeclarationError([("network", f"resnet maps images to vectors, not {inputs} to {outputs}")])
        if min(inputs[1:]) < 16:
            message = f"resnet needs images of at least 16 pixels a side, got {inputs[1]}x{inputs[2]}"
            raise DeclarationError([("network", message)])
        norm = nn.BatchNorm2d if self.norm == "batch" else _instance_norm
        with torch.random.fork_rng(devices=[]):  # torchvision starts from the global state
            torch.manual_seed(int(torch.randint(2**62, (), generator=rng)))
            layers = ResNet(BasicBlock, list(BLOCKS[self.depth]), num_classes=outputs[0], norm_layer=norm)
            layers.conv1 = nn.Conv2d(self.joined_shape(inputs)[0], 64, 3, padding=1, bias=False)
            nn.init.kaiming_normal_(layers.conv1.weight, mode="fan_out", nonlinearity="relu")
        layers.maxpool = nn.Identity()
        self.layers = layers

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, c, h, w] → [n, d]."""
        return self.layers(self.join(x, condition))


def _instance_norm(channels: int) -> nn.Module:
    return nn.GroupNorm(channels, channels)
