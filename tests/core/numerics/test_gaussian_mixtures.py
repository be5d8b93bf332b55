"""Smoothed mixtures against golden values, autograd and integrals."""

import pytest
import torch
from helpers.fields import CENTERS, STD

from matchzoo.core.numerics.gaussian_mixtures import SmoothedMixture

RING = SmoothedMixture(CENTERS, STD**2 * torch.eye(2, dtype=torch.float64))


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_the_ring_under_noise_is_that_of_others(sigma: float, golden):
    values = {key: torch.from_numpy(array) for key, array in golden("transport.npz").items() if "score" in key}
    y = values["score_y"]
    torch.testing.assert_close(RING.log_density(y, sigma), values[f"score_logp_sigma{sigma}"], rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(RING.denoised(y, sigma), values[f"score_denoised_sigma{sigma}"], rtol=1e-10, atol=1e-10)


def test_tweedie_and_the_jacobian():
    """For any covariance, shares and σ of each row: the score is that of autograd, the derivative of the denoised
    points Cov(x | y) / σ²."""
    factor = torch.randn(3, 3, dtype=torch.float64)
    shares = torch.tensor([0.2, 0.5, 0.3, 0.0], dtype=torch.float64)
    mixture = SmoothedMixture(torch.randn(4, 3, dtype=torch.float64), factor @ factor.T, shares)
    y = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    sigma = torch.linspace(0.3, 2.0, 5, dtype=torch.float64)
    score = torch.autograd.grad(mixture.log_density(y, sigma).sum(), y)[0]
    denoised = mixture.denoised(y, sigma)
    torch.testing.assert_close(denoised, y + sigma[:, None] ** 2 * score)
    rows = [torch.autograd.grad(denoised[:, i].sum(), y, retain_graph=True)[0] for i in range(3)]
    covariance = mixture.posterior_covariance(y, sigma)
    torch.testing.assert_close(torch.stack(rows, 1), covariance / sigma[:, None, None] ** 2)


def test_moments_are_integrals():
    mixture = SmoothedMixture(torch.tensor([[-1.0], [1.0]]), torch.eye(1) / 16)
    x = torch.linspace(-5, 5, 20_001, dtype=torch.float64)
    y, sigma = torch.tensor([[0.2]], dtype=torch.float64), 0.6
    prior = sum(torch.exp(-((x - c) ** 2) * 8) for c in (-1, 1))
    weights = prior * torch.exp(-((y[0] - x) ** 2) / (2 * sigma**2))
    weights = weights / weights.sum()
    mean = (weights * x).sum()
    assert mixture.denoised(y, sigma).item() == pytest.approx(mean.item(), abs=1e-9)
    variance = (weights * (x - mean) ** 2).sum()
    assert mixture.posterior_covariance(y, sigma).item() == pytest.approx(variance.item(), abs=1e-9)
    density = mixture.log_density(x[:, None], sigma).exp().sum() * (x[1] - x[0])
    assert density.item() == pytest.approx(1, abs=1e-6)
