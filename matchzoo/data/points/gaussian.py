"""One correlated Gaussian in the plane, the first test of an implicit generator; or any other one."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.data.points.gaussian_mixture import GaussianMixture, is_covariance


@declare("gaussian")
class Gaussian(GaussianMixture):
    """Points of N((2, 2), [[1, 0.81], [0.81, 1]]), or of another mean and covariance.

    Source: the released code of Srivastava et al., Generative ratio matching networks, ICLR 2020.
    """

    mean: tuple[float, ...] = attrs.field(default=(2.0, 2.0), validator=not_empty())
    """d coordinates."""
    covariance: tuple[tuple[float, ...], ...] = ((1.0, 0.81), (0.81, 1.0))
    """d rows of d numbers, symmetric and positive definite."""

    def __attrs_post_init__(self) -> None:
        if not is_covariance(self.covariance, len(self.mean)):
            d = len(self.mean)
            message = f"expected {d} rows of {d} numbers, as mean has, symmetric and positive definite"
            raise DeclarationError([("covariance", message)])

    def centers(self) -> torch.Tensor:
        """[1, d], the mean."""
        return torch.tensor([self.mean], dtype=torch.float64)

    def factor(self) -> torch.Tensor:
        """The Cholesky factor [d, d] of the covariance."""
        return torch.linalg.cholesky(torch.tensor(self.covariance, dtype=torch.float64))
