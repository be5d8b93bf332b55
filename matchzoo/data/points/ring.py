"""Gaussians on a ring, the test bed of implicit generators."""

import math

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.data.points.gaussian_mixture import GaussianMixture


@declare("ring")
class Ring(GaussianMixture):
    """Equal-weight Gaussians in the plane, centers evenly on a circle: c_k = radius · (cos a_k, sin a_k) with
    a_k = 2πk/modes − π/2, covariance std² I.

    Source: Srivastava et al., Generative ratio matching networks, ICLR 2020, and its released code.
    """

    modes: int = attrs.field(default=8, validator=at_least(2))
    """Number of Gaussians."""
    radius: float = attrs.field(default=2.0, validator=positive())
    """Of the circle."""
    std: float = attrs.field(default=0.2, validator=positive())
    """Standard deviation of each Gaussian, along each axis."""

    def centers(self) -> torch.Tensor:
        """[modes, 2]."""
        return circle(self.modes, self.radius)

    def factor(self) -> torch.Tensor:
        """std · I."""
        return self.std * torch.eye(2, dtype=torch.float64)


def circle(modes: int, radius: float) -> torch.Tensor:
    """Centers [modes, 2], evenly on a circle, the first at the bottom."""
    angles = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes) - math.pi / 2
    return radius * torch.stack([angles.cos(), angles.sin()], 1)
