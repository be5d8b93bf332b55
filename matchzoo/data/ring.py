"""Gaussians on a ring, the test bed of implicit generators."""

import math

import attrs
import torch

from matchzoo.data.data import Data, Loaded, Split
from matchzoo.declare import at_least, declare, positive


@declare("ring")
class Ring(Data):
    """Equal-weight Gaussians in the plane, centres evenly on a circle: c_k = radius · (cos a_k, sin a_k) with
    a_k = 2πk/modes − π/2, covariance std² I.

    Source: Srivastava et al., Generative ratio matching networks, ICLR 2020, and its released code.
    """

    modes: int = attrs.field(default=8, validator=at_least(2))
    """Number of Gaussians."""
    radius: float = attrs.field(default=2.0, validator=positive())
    """Of the circle."""
    std: float = attrs.field(default=0.2, validator=positive())
    """Standard deviation of each Gaussian, along each axis."""
    points: int = attrs.field(default=60_000, validator=at_least(1))
    """Training points."""
    test_points: int = attrs.field(default=10_000, validator=at_least(1))
    """Test points."""
    split_seed: int = attrs.field(default=1, validator=at_least(0))
    """Seed of the points."""

    def centres(self) -> torch.Tensor:
        """[modes, 2]."""
        angles = torch.arange(self.modes, dtype=torch.float64) * (2 * math.pi / self.modes) - math.pi / 2
        return self.radius * torch.stack([angles.cos(), angles.sin()], 1)

    def load(self) -> Loaded:
        """Draw the points."""
        rng = torch.Generator().manual_seed(self.split_seed)

        def points(n: int) -> Split:
            mode = torch.randint(self.modes, (n,), generator=rng)
            noise = torch.randn(n, 2, generator=rng, dtype=torch.float64)
            return Split((self.centres()[mode] + self.std * noise).float())

        return Loaded(points(self.points), points(self.test_points))
