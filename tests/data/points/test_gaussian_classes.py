"""Gaussians for classes: moments, shares, and the posterior that is known."""

import numpy as np
import pytest
import torch
from scipy import stats

from matchzoo.core.errors import DeclarationError
from matchzoo.data import GaussianClasses

MEANS = ((0.0, 1.0), (2.0, 0.0), (0.0, -1.0))
COVARIANCE = ((1.0, 0.5), (0.5, 2.0))
SHARES = (0.5, 0.3, 0.2)


def test_moments_and_shares() -> None:
    data = GaussianClasses(points=20_000, test_points=2, means=MEANS, covariance=COVARIANCE, shares=SHARES)
    train = data.load().train
    counts = train.labels.bincount()
    torch.testing.assert_close(counts / 20_000, torch.tensor(SHARES), atol=0.015, rtol=0)
    for label, mean in enumerate(MEANS):
        points = train.values[train.labels == label]
        torch.testing.assert_close(points.mean(0), torch.tensor(mean), atol=0.07, rtol=0)
        torch.testing.assert_close(points.T.cov(), torch.tensor(COVARIANCE), atol=0.12, rtol=0)


def test_the_posterior_is_that_of_the_densities() -> None:
    data = GaussianClasses(means=MEANS, covariance=COVARIANCE, shares=SHARES)
    points = torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    densities = [stats.multivariate_normal(mean, COVARIANCE).pdf(points.numpy()) for mean in MEANS]
    reference = torch.from_numpy(np.stack(densities, 1)) * torch.tensor(SHARES, dtype=torch.float64)
    torch.testing.assert_close(data.posterior(points), reference / reference.sum(1, keepdim=True))


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"means": ((0.0,),)}, "means: expected at least 2 points"),
        ({"means": ((0.0,), (1.0, 2.0))}, "means: expected at least 2 points of one number of coordinates"),
        ({"shares": (0.5, 0.4)}, r"shares: expected 2 numbers of a sum of 1, got \[0\.5, 0\.4\]"),
        ({"covariance": ((1.0, 2.0), (2.0, 1.0))}, "covariance: expected 2 rows of 2 numbers, symmetric and positive"),
        ({"covariance": ((1.0,),)}, "covariance: expected 2 rows of 2"),
    ],
)
def test_refused(declared, message) -> None:
    with pytest.raises(DeclarationError, match=message):
        GaussianClasses(**declared)
