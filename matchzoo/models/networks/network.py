"""Networks: what a noise generator, a learned projector or a classifier is made of."""

from abc import ABC, abstractmethod

import torch
from torch import nn

from matchzoo.core.declare import family

Shape = tuple[int, ...]
"""Of one sample: (d,) of vectors, (channels, height, width) of images."""


@family("network")
class Network(nn.Module, ABC):
    """A trainable map between vectors or images."""

    @abstractmethod
    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers between samples of two shapes, initialized by ``rng`` alone.

        Raises:
            DeclarationError: the network cannot map between such shapes.
        """

    @abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[n, *inputs] → [n, *outputs]."""
