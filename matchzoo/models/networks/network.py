"""Networks: what a noise generator, a learned projector or a classifier is made of."""

import math
from abc import ABC, abstractmethod

import attrs
import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.declaration.declare import family
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError

Shape = tuple[int, ...]
"""Of one sample: (d,) of vectors, (channels, height, width) of images."""


@family("network")
class Network(nn.Module, ABC):
    """A trainable map between vectors or images, which may know a condition: a time, or a label.

    The k numbers of a condition join the input: they are appended to a vector, and become k constant channels of an
    image. A `UNet` lets them scale and shift its features instead.
    """

    condition: int = attrs.field(default=0, validator=at_least(0))
    """Numbers of the condition, k: 1 for a time, the number of classes for a label; 0 for none."""

    @abstractmethod
    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers between samples of two shapes, initialized by ``rng`` alone.

        Raises:
            DeclarationError: the network cannot map between such shapes.
        """

    @abstractmethod
    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, *inputs] → [n, *outputs].

        Args:
            x: [n, *inputs].
            condition: numbers [n, k] or [n], or class indices [n] (int64), for a network with ``condition = k``.

        Raises:
            MatchZooError: a condition is missing, or there is one that the network does not know.
        """

    def constrain(self) -> None:
        """Put the parameters back into the set that they belong to; called after each update, by the part whose network
        it is. Does nothing for networks of free parameters."""
        return

    @property
    def is_resampled(self) -> bool:
        """Whether it is another network in each step, by `resample`."""
        return False

    def resample(self, rng: torch.Generator) -> None:
        """Draw what is random in the network for a step, such as a path; called before each step by a projector of kind
        ``learned``. Does nothing for networks without such draws."""
        return

    def joined_shape(self, inputs: Shape) -> Shape:
        """The shape of inputs that the condition has joined."""
        if not self.condition:
            return inputs
        if len(inputs) == 3:
            return (inputs[0] + self.condition, *inputs[1:])
        return (math.prod(inputs) + self.condition,)

    def join(self, x: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
        """Inputs [n, …] that the condition [n, k] (or [n]) has joined; as they are for a network without one."""
        numbers = self.numbers(x, condition)
        if numbers is None:
            return x
        if x.ndim == 4:
            return torch.cat([x, numbers[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)
        return torch.cat([x.flatten(1), numbers], 1)

    def numbers(self, x: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor | None:
        """The condition of inputs [n, …] as numbers [n, k]; None for a network without one.

        Raises:
            MatchZooError: a condition is missing or of another length, or there is one that the network does not know.
        """
        if not self.condition and condition is None:
            return None
        if condition is None or not self.condition:
            has, given = (self.condition, "none") if condition is None else (0, tuple(condition.shape))
            raise MatchZooError(f"network: expected a condition of {has} numbers, got {given}; set network.condition")

        if condition.ndim == 1 and not condition.is_floating_point():
            condition = F.one_hot(condition, self.condition)
        numbers = condition.to(x).reshape(len(x), -1)
        if numbers.shape[1] != self.condition:
            raise MatchZooError(f"network: expected a condition of {self.condition} numbers, got {numbers.shape[1]}")
        return numbers
