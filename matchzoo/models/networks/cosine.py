"""The classifier by cosines: as many directions as classes."""

import math

import attrs
import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import positive
from matchzoo.models.networks.network import Network, Shape


@declare("cosine")
class CosineClassifier(Network):
    """The cosines of a sample with learned directions, one for each output, over a temperature: class scores that are
    bounded by 1 / τ and do not see how long a sample or a direction is.

    So no class is favored by the length of its weights, which those with labels would let grow.

    Source: Gidaris and Komodakis, Dynamic few-shot visual learning without forgetting, CVPR 2018; as the head of Wen et
    al., Parametric classification for generalized category discovery (SimGCD), ICCV 2023, with τ = 0.1.
    """

    temperature: float = attrs.field(default=0.1, validator=positive())
    """τ, by which cosines are divided."""

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make directions, normal at first."""
        self.shape = outputs
        count = math.prod(self.joined_shape(inputs))
        self.directions = nn.Parameter(torch.randn(math.prod(outputs), count, generator=rng) / count**0.5)

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, …] (flattened) → [n, *outputs], within ±1 / τ."""
        rows = F.normalize(self.join(x, condition).flatten(1), dim=1)
        return (rows @ F.normalize(self.directions, dim=1).T / self.temperature).unflatten(1, self.shape)
