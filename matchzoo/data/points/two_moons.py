"""Two half moons that reach into each other."""

import math

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.data.points.labeled_points import LabeledPoints


def two_moons(n: int, noise: float, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Points [n, 2] float64 of two half circles of radius 1 about (-1/2, -1/4) and (1/2, 1/4), the upper half of the
    first (label 0) and the lower half of the second (label 1), plus ``noise`` · N(0, I); and their labels [n], in turn.

    The centroid of the moons is the origin, about which they can be rotated.
    """
    labels = torch.arange(n) % 2
    angles = math.pi * torch.rand(n, generator=rng, dtype=torch.float64)
    upper = torch.stack([angles.cos() - 0.5, angles.sin() - 0.25], 1)
    points = torch.where(labels[:, None] == 0, upper, -upper)
    return points + noise * torch.randn(n, 2, generator=rng, dtype=torch.float64), labels


@declare("two-moons")
class TwoMoons(LabeledPoints):
    """Points of two half moons (`two_moons`): with `rotated`, of `shifted` data, the picture of domain adaptation.

    Source: Ganin et al., Domain-adversarial training of neural networks, JMLR 2016, section 5.1 (35 degrees).
    """

    noise: float = attrs.field(default=0.1, validator=at_least(0))
    """Standard deviation of the noise, along each axis."""

    def names(self) -> tuple[str, ...]:
        """Of the moons."""
        return ("upper", "lower")

    def points_of(self, n: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Points of both moons, in turn."""
        return two_moons(n, self.noise, rng)
