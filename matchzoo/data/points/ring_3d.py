"""The ring of Gaussians, lifted into three dimensions and tilted."""

import math

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.data.points.gaussian_mixture import GaussianMixture
from matchzoo.data.points.ring import circle

TILT = math.pi / 3


@declare("ring-3d")
class Ring3D(GaussianMixture):
    """The ring (see `Ring`) with a third coordinate N(0, thickness²), turned by π/3 about the y axis.

    Source: the released code of Srivastava et al., Generative ratio matching networks, ICLR 2020.
    """

    modes: int = attrs.field(default=8, validator=at_least(2))
    """Number of Gaussians."""
    radius: float = attrs.field(default=2.0, validator=positive())
    """Of the circle."""
    std: float = attrs.field(default=0.2, validator=positive())
    """Standard deviation of each Gaussian along the axes of the plane of the ring."""
    thickness: float = attrs.field(default=0.1, validator=positive())
    """Standard deviation across that plane."""

    def rotation(self) -> torch.Tensor:
        """[3, 3]: points are this times the points of the flat ring."""
        cos, sin = math.cos(TILT), math.sin(TILT)
        return torch.tensor([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], dtype=torch.float64)

    def centers(self) -> torch.Tensor:
        """[modes, 3]."""
        flat = torch.nn.functional.pad(circle(self.modes, self.radius), (0, 1))
        return flat @ self.rotation().T

    def factor(self) -> torch.Tensor:
        """The rotation times the standard deviations."""
        return self.rotation() * torch.tensor([self.std, self.std, self.thickness], dtype=torch.float64)
