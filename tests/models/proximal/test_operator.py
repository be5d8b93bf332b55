"""Proximal operators in closed form are minima."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.proximal import GaussianProximal, SoftThreshold


def test_soft_threshold(golden):
    values = golden("transport.npz")
    y = torch.from_numpy(values["prox_y"])
    torch.testing.assert_close(SoftThreshold(0.5).prox(y, 2.0), torch.from_numpy(values["prox_soft"]))


def test_gaussian_against_its_stationary_point():
    factor = torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    covariance, mean = factor @ factor.T, torch.tensor([1.0, -1.0, 0.5], dtype=torch.float64)
    y = torch.randn(5, 3, dtype=torch.float64)
    x = GaussianProximal(mean, covariance).prox(y, 0.7)
    torch.testing.assert_close(x - y, -0.7 * torch.linalg.solve(covariance, (x - mean).T).T)
    flat = GaussianProximal(mean, torch.diag(torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)))
    assert flat.prox(y)[:, 1].eq(-1).all()
    with pytest.raises(MatchZooError, match=r"expected \[3, 3\], as the mean has, got \[2, 2\]"):
        GaussianProximal(mean, torch.eye(2))
