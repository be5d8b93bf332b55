"""The ring of Gaussians, lifted into three dimensions and tilted."""

import math

import attrs
import torch

from matchzoo.data.data import Data, Loaded, Split
from matchzoo.data.ring import Ring
from matchzoo.declare import at_least, declare, positive

TILT = math.pi / 3


@declare("ring-3d")
class Ring3D(Data):
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
    points: int = attrs.field(default=60_000, validator=at_least(1))
    """Training points."""
    test_points: int = attrs.field(default=10_000, validator=at_least(1))
    """Test points."""
    split_seed: int = attrs.field(default=1, validator=at_least(0))
    """Seed of the points."""

    def rotation(self) -> torch.Tensor:
        """[3, 3]: points are this times the points of the flat ring."""
        cos, sin = math.cos(TILT), math.sin(TILT)
        return torch.tensor([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], dtype=torch.float64)

    def centres(self) -> torch.Tensor:
        """[modes, 3]."""
        flat = Ring(modes=self.modes, radius=self.radius).centres()
        return torch.cat([flat, torch.zeros(self.modes, 1, dtype=torch.float64)], 1) @ self.rotation().T

    def load(self) -> Loaded:
        """Draw the points."""
        rng = torch.Generator().manual_seed(self.split_seed)
        centres, rotation = self.centres(), self.rotation()
        scale = torch.tensor([self.std, self.std, self.thickness], dtype=torch.float64)

        def points(n: int) -> Split:
            mode = torch.randint(self.modes, (n,), generator=rng)
            noise = scale * torch.randn(n, 3, generator=rng, dtype=torch.float64)
            return Split((centres[mode] + noise @ rotation.T).float())

        return Loaded(points(self.points), points(self.test_points))
