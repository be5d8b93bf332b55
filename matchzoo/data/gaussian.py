"""One correlated Gaussian in the plane, the first test of an implicit generator."""

import attrs
import torch

from matchzoo.data.data import Data, Loaded, Split
from matchzoo.declare import at_least, declare

MEAN = (2.0, 2.0)
COVARIANCE = ((1.0, 0.81), (0.81, 1.0))


@declare("gaussian")
class Gaussian(Data):
    """Points of N((2, 2), [[1, 0.81], [0.81, 1]]).

    Source: the released code of Srivastava et al., Generative ratio matching networks, ICLR 2020.
    """

    points: int = attrs.field(default=60_000, validator=at_least(1))
    """Training points."""
    test_points: int = attrs.field(default=10_000, validator=at_least(1))
    """Test points."""
    split_seed: int = attrs.field(default=1, validator=at_least(0))
    """Seed of the points."""

    def mean(self) -> torch.Tensor:
        """[2]."""
        return torch.tensor(MEAN, dtype=torch.float64)

    def covariance(self) -> torch.Tensor:
        """[2, 2]."""
        return torch.tensor(COVARIANCE, dtype=torch.float64)

    def load(self) -> Loaded:
        """Draw the points."""
        rng = torch.Generator().manual_seed(self.split_seed)
        factor = torch.linalg.cholesky(self.covariance())

        def points(n: int) -> Split:
            return Split((self.mean() + torch.randn(n, 2, generator=rng, dtype=torch.float64) @ factor.T).float())

        return Loaded(points(self.points), points(self.test_points))
