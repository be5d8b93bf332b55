"""Langevin dynamics and coarse-to-fine ascent, against the moments of their own recursions."""

import itertools

import pytest
import torch

from matchzoo.models.fields import AnnealedLangevin, CoarseToFine, noise_levels
from matchzoo.models.fields.sampler import noise_of

SPREAD, LEVELS = 0.5, (0.05, 2.0)


def gaussian(y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The exact denoiser of N(0, SPREAD²)."""
    return y * SPREAD**2 / (SPREAD**2 + sigma**2)


def test_variances_are_those_of_the_recursion():
    """Of N(0, s²) each step is linear: v ← (1 − α / (2 (s² + σ²)))² v + α."""
    sampler = AnnealedLangevin(levels=4, steps=5, step=0.3)
    noise = noise_of(torch.arange(40_000), (1,), torch.float64)
    variance = LEVELS[1] ** 2
    expected = [variance]
    for sigma in noise_levels(*LEVELS, 4):
        alpha = 0.3 * sigma**2
        for _ in range(5):
            variance = (1 - alpha / 2 / (SPREAD**2 + sigma**2)) ** 2 * variance + alpha
            expected.append(variance)
    paths = list(sampler.points(gaussian, noise, LEVELS))
    assert [x.var().item() for x in paths] == pytest.approx(expected, rel=0.04)


def test_many_levels_give_the_distribution():
    samples = AnnealedLangevin(levels=20, steps=20).draw(gaussian, 3000, (1,), (0.05, 2.0))
    assert samples.std().item() == pytest.approx(SPREAD, rel=0.06)
    assert abs(samples.mean().item()) < 0.04


def test_ascent_by_hand_and_at_rest():
    """The first step as the paper writes it; at last every σ, as the denoiser's own correction says it, is the least
    one."""
    sampler = CoarseToFine(step=0.1, share=0.5, most=300)
    noise = noise_of(torch.arange(50), (8,), torch.float64)
    first, second = itertools.islice(sampler.points(lambda y, _: 0.25 * y, noise, (0.01, 1.0)), 2)
    sigma = (0.75 * first).square().mean(1, keepdim=True).sqrt()
    gamma = ((1 - 0.5 * 0.1) ** 2 - (1 - 0.1) ** 2) ** 0.5 * sigma
    torch.testing.assert_close(second, first - 0.1 * 0.75 * first + gamma * noise(1))

    *_, last = sampler.points(lambda y, _: 0.25 * y, noise, (0.01, 1.0))
    assert ((0.75 * last).square().mean(1).sqrt() <= 0.01).all()
