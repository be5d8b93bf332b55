"""Networks: what a noise generator, a learned projector or a classifier is made of."""

from abc import ABC, abstractmethod

import torch
from torch import nn

from matchzoo.declare import family


@family("network")
class Network(nn.Module, ABC):
    """A trainable map from vectors or images to vectors."""

    @abstractmethod
    def build(self, inputs: int, outputs: int, rng: torch.Generator) -> None:
        """Make the layers from ``inputs`` to ``outputs`` values, initialised by ``rng`` alone."""

    @abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[n, inputs] → [n, outputs]."""
