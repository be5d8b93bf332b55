"""One correlated Gaussian in the plane, the first test of an implicit generator."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.data.points.gaussian_mixture import GaussianMixture

MEAN = (2.0, 2.0)
COVARIANCE = ((1.0, 0.81), (0.81, 1.0))


@declare("gaussian")
class Gaussian(GaussianMixture):
    """Points of N((2, 2), [[1, 0.81], [0.81, 1]]).

    Source: the released code of Srivastava et al., Generative ratio matching networks, ICLR 2020.
    """

    def centers(self) -> torch.Tensor:
        """[1, 2], the mean."""
        return torch.tensor([MEAN], dtype=torch.float64)

    def factor(self) -> torch.Tensor:
        """The Cholesky factor of the covariance."""
        return torch.linalg.cholesky(torch.tensor(COVARIANCE, dtype=torch.float64))
