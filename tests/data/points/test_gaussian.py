"""Points of one Gaussian, of any mean and covariance."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.data.points.gaussian import Gaussian


def test_another_mean_and_covariance():
    data = Gaussian(mean=(1.0, 0.0, -1.0), covariance=((2.0, 1.0, 0.0), (1.0, 2.0, 0.0), (0.0, 0.0, 0.5)))
    points = data.load().train.values.double()
    torch.testing.assert_close(points.mean(0), data.centers()[0], atol=0.03, rtol=0)
    torch.testing.assert_close(points.T.cov(), torch.tensor(data.covariance, dtype=torch.float64), atol=0.05, rtol=0)


@pytest.mark.parametrize("covariance", [((1.0, 2.0), (2.0, 1.0)), ((1.0,),), ((1.0, 0.5), (0.2, 1.0))])
def test_a_covariance_that_is_none(covariance):
    with pytest.raises(DeclarationError, match="covariance: expected 2 rows of 2 numbers, as mean has, symmetric"):
        Gaussian(covariance=covariance)
