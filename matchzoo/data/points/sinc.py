"""Rows (x, y) of a curve with noise, where the distribution of x can shift and that of y at x does not."""

import math

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.spec import Units
from matchzoo.data.data import Data, Loaded
from matchzoo.data.split import Split


@declare("sinc")
class Sinc(Data):
    """Rows (x, y) of y = sinc(x) + N(0, noise²), sinc(x) = sin(πx) / (πx), with x from N(mean, std²).

    Covariate shift in its smallest form: two that differ in ``mean`` and ``std`` have the same curve. With N(1, 0.5²)
    for the source and N(2, 0.25²) for the target a straight line that fits the one is wrong for the other, unless rows
    are weighted by p_target(x) / p_source(x), which `log_density` knows.

    Source: Sugiyama et al., Direct importance estimation for covariate shift adaptation, 2008 (the curve and both
    distributions); Shimodaira, Improving predictive inference under covariate shift, 2000 (the weights).
    """

    points: int = attrs.field(default=200, validator=at_least(2))
    """Training rows."""
    test_points: int = attrs.field(default=1000, validator=at_least(1))
    """Test rows."""
    mean: float = 1.0
    """Mean of x."""
    std: float = attrs.field(default=0.5, validator=positive())
    """Standard deviation of x."""
    noise: float = attrs.field(default=0.25, validator=at_least(0))
    """Standard deviation of y at x."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the rows."""

    def load(self) -> Loaded:
        """Draw the rows, without labels: y is a column."""
        rng = torch.Generator().manual_seed(self.split_seed)

        def rows(n: int) -> Split:
            normal = torch.randn(2, n, generator=rng, dtype=torch.float64)
            x = self.mean + self.std * normal[0]
            return Split(torch.stack([x, torch.sinc(x) + self.noise * normal[1]], 1).float())

        units = Units(columns=("x", "y"), center=(0.0, 0.0), scale=(1.0, 1.0))
        return Loaded(rows(self.points), rows(self.test_points), units=units)

    def log_density(self, x: torch.Tensor) -> torch.Tensor:
        """log p(x) [n] float64 of x [n], in nats."""
        deviations = (x.detach().cpu().double() - self.mean) / self.std
        return -0.5 * deviations.square() - math.log(self.std) - 0.5 * math.log(2 * math.pi)
