"""Networks that treat every number of a sample by itself: a factor and a shift each, or a constant."""

import math

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.models.networks.network import Network, Shape


@declare("affine")
class Affine(Network):
    """Every number of a sample times its own factor, plus its own shift; it starts as the identity.

    Several layers have ReLU between them, so that what is below 0 after one counts no more.
    """

    layers: int = attrs.field(default=1, validator=at_least(1))
    """Pairs of factors and shifts, one after the other."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make factors of 1 and shifts of 0; raises unless there are as many outputs as inputs."""
        count = math.prod(self.joined_shape(inputs))
        if count != math.prod(outputs):
            raise DeclarationError(
                [("network", f"affine maps {count} numbers to as many, not to {math.prod(outputs)}")]
            )
        self.shape = outputs
        self.factors = nn.Parameter(torch.ones(self.layers, count))
        self.shifts = nn.Parameter(torch.zeros(self.layers, count))

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, …] (flattened) → [n, *outputs]."""
        values = self.join(x, condition).flatten(1)
        for position, (factor, shift) in enumerate(zip(self.factors, self.shifts, strict=True)):
            values = factor * (values.relu() if position else values) + shift
        return values.unflatten(1, self.shape)


@declare("constant")
class Constant(Network):
    """The same learned numbers for every sample, such as variances of features."""

    start: float = 0.0
    """Their value at the start."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the numbers."""
        self.values = nn.Parameter(torch.full(outputs, self.start))

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, …] → [n, *outputs], all rows alike."""
        return self.values.expand(len(x), *self.values.shape)
