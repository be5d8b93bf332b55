"""A Gaussian for every class, whose posterior is known."""

import math

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.data.points.gaussian_mixture import is_covariance
from matchzoo.data.points.labeled_points import LabeledPoints


def gaussian_posterior(
    points: torch.Tensor, means: torch.Tensor, covariance: torch.Tensor, shares: torch.Tensor
) -> torch.Tensor:
    """p(y | x) [n, k] at points [n, d], of classes with means [k, d], one covariance [d, d] and shares [k]."""
    inverse = torch.linalg.inv(torch.linalg.cholesky(covariance)).mT
    distances = torch.cdist(points @ inverse, means @ inverse, compute_mode="donot_use_mm_for_euclid_dist")
    return torch.softmax(shares.log() - 0.5 * distances.square(), 1)


@declare("gaussian-classes")
class GaussianClasses(LabeledPoints):
    """Points x from N(means[y], covariance) with y from ``shares``.

    Other shares are label shift, p(x | y) stays; other means, or `affine` of `shifted` data, are a shift of p(x | y).
    """

    means: tuple[tuple[float, ...], ...] = attrs.field(default=((-1.0, 0.0), (1.0, 0.0)), validator=not_empty())
    """A point for every class, by coordinates."""
    std: float = attrs.field(default=1.0, validator=positive())
    """Standard deviation along every axis, where there is no covariance."""
    covariance: tuple[tuple[float, ...], ...] | None = None
    """Of all classes, symmetric and positive definite."""
    shares: tuple[float, ...] | None = attrs.field(default=None, validator=positive())
    """How often each class is, of a sum of 1; all alike if not given."""

    def __attrs_post_init__(self) -> None:
        k, d = len(self.means), len(self.means[0])
        if k < 2 or any(len(mean) != d for mean in self.means):
            raise DeclarationError([("means", "expected at least 2 points of one number of coordinates")])
        if self.shares is not None and (len(self.shares) != k or not math.isclose(sum(self.shares), 1, abs_tol=1e-6)):
            raise DeclarationError([("shares", f"expected {k} numbers of a sum of 1, got {list(self.shares)}")])
        if self.covariance is not None and not is_covariance(self.covariance, d):
            message = f"expected {d} rows of {d} numbers, symmetric and positive definite"
            raise DeclarationError([("covariance", message)])

    def names(self) -> tuple[str, ...]:
        """Numbers from 0."""
        return tuple(map(str, range(len(self.means))))

    def points_of(self, n: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels first, then points of each."""
        means, covariance, shares = self._moments()
        labels = torch.multinomial(shares, n, replacement=True, generator=rng)
        noise = torch.randn(n, means.shape[1], generator=rng, dtype=torch.float64)
        return means[labels] + noise @ torch.linalg.cholesky(covariance).mT, labels

    def posterior(self, points: torch.Tensor) -> torch.Tensor:
        """p(y | x) [n, classes] float64 at points [n, d] (`gaussian_posterior`), which no classifier can better."""
        return gaussian_posterior(points.detach().cpu().double(), *self._moments())

    def _moments(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Means [k, d], covariance [d, d] and shares [k], float64."""
        means = torch.tensor(self.means, dtype=torch.float64)
        k, d = means.shape
        covariance = torch.eye(d, dtype=torch.float64) * self.std**2
        if self.covariance is not None:
            covariance = torch.tensor(self.covariance, dtype=torch.float64)
        shares = torch.full((k,), 1 / k, dtype=torch.float64)
        return means, covariance, shares if self.shares is None else shares.new_tensor(self.shares)
