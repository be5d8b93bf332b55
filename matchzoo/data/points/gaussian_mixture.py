"""Points of a mixture of Gaussians whose density is known: what generators and ratios can be judged against."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import final

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.numerics.gaussian_mixtures import SmoothedMixture
from matchzoo.data.data import Data, Loaded
from matchzoo.data.split import Split


@declare
class GaussianMixture(Data):
    """Equal-weight Gaussians of one covariance F Fᵀ: x = c_k + F n with k uniform and n from N(0, I)."""

    points: int = attrs.field(default=60_000, validator=at_least(1))
    """Training points."""
    test_points: int = attrs.field(default=10_000, validator=at_least(1))
    """Test points."""
    split_seed: int = attrs.field(default=1, validator=at_least(0))
    """Seed of the points."""

    @abstractmethod
    def centers(self) -> torch.Tensor:
        """c [k, d] float64."""

    @abstractmethod
    def factor(self) -> torch.Tensor:
        """F [d, d] float64."""

    @final
    def load(self) -> Loaded:
        """Draw the points."""
        rng = torch.Generator().manual_seed(self.split_seed)
        centers, factor = self.centers(), self.factor()

        def points(n: int) -> Split:
            mode = torch.randint(len(centers), (n,), generator=rng)
            noise = torch.randn(n, centers.shape[1], generator=rng, dtype=torch.float64)
            return Split((centers[mode] + noise @ factor.T).float())

        return Loaded(points(self.points), points(self.test_points))

    @final
    def mixture(self) -> SmoothedMixture:
        """Its density and its denoised points under noise, float64."""
        factor = self.factor()
        return SmoothedMixture(self.centers(), factor @ factor.T)

    @final
    def offsets(self, points: torch.Tensor) -> torch.Tensor:
        """Mahalanobis distances [n, k] float64 of points [n, d] from every center: |F⁻¹ (x − c_k)|."""
        inverse = torch.linalg.inv(self.factor()).T
        x, c = points.detach().cpu().double() @ inverse, self.centers() @ inverse
        return torch.cdist(x, c, compute_mode="donot_use_mm_for_euclid_dist")

    @final
    def log_density(self, points: torch.Tensor) -> torch.Tensor:
        """log p [n] float64 of points [n, d], in nats."""
        offsets = self.offsets(points)
        volume = torch.linalg.slogdet(self.factor())[1].item() + points.shape[1] / 2 * math.log(2 * math.pi)
        return torch.logsumexp(-0.5 * offsets.square(), 1) - math.log(offsets.shape[1]) - volume


def is_covariance(rows: Sequence[Sequence[float]], d: int) -> bool:
    """Whether numbers are d rows of d, symmetric and positive definite."""
    if len(rows) != d or any(len(row) != d for row in rows):
        return False
    matrix = torch.tensor(rows, dtype=torch.float64)
    return bool(torch.equal(matrix, matrix.mT)) and int(torch.linalg.cholesky_ex(matrix)[1]) == 0
