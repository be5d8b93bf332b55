"""Densities of fields whose densities are known."""

import math

import torch
from helpers.fields import CENTERS, STD, ring_field

from matchzoo.models.fields import Midpoint, RungeKutta4, log_density


def affine(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """What carries N(0, I) to N((1, −1), 4 I) along straight lines: x_t = (1 + t) z + t m."""
    mean = x.new_tensor([1.0, -1.0])
    return (x - t * mean) / (1 + t) + mean


def test_a_gaussian():
    x = torch.randn(20, 2, dtype=torch.float64) * 2 + 1
    normal = torch.distributions.Normal(torch.tensor([1.0, -1.0], dtype=torch.float64), 2.0)
    exact = normal.log_prob(x).sum(1)
    torch.testing.assert_close(log_density(affine, x, RungeKutta4(steps=20)), exact, rtol=0, atol=1e-6)
    estimated = log_density(affine, x, RungeKutta4(steps=20), draws=1, rng=torch.Generator().manual_seed(0))
    torch.testing.assert_close(estimated, exact, rtol=0, atol=1e-6)  # its Jacobian is diagonal: no error


def test_the_ring():
    x = CENTERS[:4] + 0.1
    parts = -(x[:, None] - CENTERS).square().sum(2) / (2 * STD**2) - math.log(2 * math.pi * STD**2)
    exact = parts.logsumexp(1) - math.log(8)
    torch.testing.assert_close(log_density(ring_field, x, RungeKutta4(steps=100)), exact, rtol=0, atol=1e-4)
    rng = torch.Generator().manual_seed(0)
    draws = log_density(ring_field, x.repeat(500, 1), Midpoint(steps=50), draws=1, rng=rng).reshape(500, 4)
    assert ((draws.mean(0) - exact).abs() < 4 * draws.std(0) / 500**0.5 + 0.01).all()


def test_noise_of_another_scale():
    x = torch.randn(5, 3, dtype=torch.float64)
    density = log_density(lambda x, t: torch.zeros_like(x), x, Midpoint(steps=1), scale=3.0)
    exact = torch.distributions.Normal(0.0, 3.0).log_prob(x).sum(1)
    torch.testing.assert_close(density, exact)
