"""Points of a Laplace distribution, whose denoisers are known in closed form: the test of a proximal operator."""

import math

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.numerics.float64 import double
from matchzoo.data.data import Data, Loaded
from matchzoo.data.split import Split


@declare("laplace")
class Laplace(Data):
    """Points whose coordinates are independent, with density exp(−|x| / b) / (2 b).

    Of y = x + σ ξ with ξ from N(0, I), the mode, the mean and the median of x given y are known (`prox`,
    `posterior_mean`, `posterior_median`): what a denoiser learns with proximal matching, squares and absolute errors.
    """

    dimension: int = attrs.field(default=1, validator=at_least(1))
    """Coordinates of a point."""
    scale: float = attrs.field(default=1.0, validator=positive())
    """b: the mean of |x|; the standard deviation is √2 b."""
    points: int = attrs.field(default=60_000, validator=at_least(1))
    """Training points."""
    test_points: int = attrs.field(default=10_000, validator=at_least(1))
    """Test points."""
    split_seed: int = attrs.field(default=1, validator=at_least(0))
    """Seed of the points."""

    def load(self) -> Loaded:
        """Draw the points."""
        rng = torch.Generator().manual_seed(self.split_seed)

        def points(n: int) -> Split:
            uniform = torch.rand(n, self.dimension, generator=rng, dtype=torch.float64)
            return Split(laplace(uniform, self.scale).float())

        return Loaded(points(self.points), points(self.test_points))

    def log_density(self, points: torch.Tensor) -> torch.Tensor:
        """log p [n] float64 of points [n, d], in nats."""
        absolute = points.detach().cpu().double().abs().sum(1)
        return -absolute / self.scale - points.shape[1] * math.log(2 * self.scale)

    def prox(self, y: torch.Tensor, noise: float) -> torch.Tensor:
        """The mode of x given y, of y's shape […]: the proximal operator of −σ² log p, soft thresholding at σ² / b."""
        return y.sign() * (y.abs() - noise**2 / self.scale).relu()

    def posterior_mean(self, y: torch.Tensor, noise: float) -> torch.Tensor:
        """The mean of x given y, of y's shape […], float64."""
        y, threshold = double(y), noise**2 / self.scale
        left, right = self._log_masses(y, noise)
        return y + threshold * torch.tanh((left - right) / 2)

    def posterior_median(self, y: torch.Tensor, noise: float) -> torch.Tensor:
        """The median of each coordinate of x given y, of y's shape […], float64."""
        size, threshold = double(y).abs(), noise**2 / self.scale
        center = (size - threshold) / noise
        beyond = torch.special.log_ndtr(-(size + threshold) / noise) + 2 * size / self.scale
        survival = (torch.special.ndtr(center) + beyond.exp()) / 2
        return double(y).sign() * (size - threshold - noise * torch.special.ndtri(survival))

    def _log_masses(self, y: torch.Tensor, noise: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Logarithms of the masses of x < 0 and of x > 0 given y, up to one constant, of y's shape each."""
        threshold = noise**2 / self.scale
        left = y / self.scale + torch.special.log_ndtr(-(y + threshold) / noise)
        right = -y / self.scale + torch.special.log_ndtr((y - threshold) / noise)
        return left, right


def laplace(uniform: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
    """Laplace numbers […] of numbers from [0, 1), by the inverse of the distribution function:
    −b sign(u) log(1 − 2 |u|) with u = uniform − ½.

    What is 0 is taken as half of the next one above it, where the logarithm would be infinite.
    """
    centered = uniform - 0.5
    left_over = (1 - 2 * centered.abs()).clamp_min(torch.finfo(uniform.dtype).eps / 2)
    return -scale * centered.sign() * left_over.log()
