"""Reverse diffusion and the probability flow, against what is exact for a Gaussian."""

import pytest
import torch

from matchzoo.models.fields import ProbabilityFlow, ReverseDiffusion, RungeKutta4, noise_levels
from matchzoo.models.fields.sampler import noise_of

SPREAD, LEVELS = 0.5, (0.05, 4.0)


def gaussian(y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The exact denoiser of N(0, SPREAD²)."""
    return y * SPREAD**2 / (SPREAD**2 + sigma**2)


@pytest.mark.parametrize("process", ["variance-exploding", "variance-preserving"])
def test_variances_are_those_of_the_recursion(process: str):
    """Of N(0, s²) each step is linear in y, or in x = a y, whose own score is −x / (a² (s² + σ²))."""
    sampler = ReverseDiffusion(steps=10, process=process)
    grid = torch.tensor(noise_levels(*LEVELS, 11), dtype=torch.float64)
    preserving = process == "variance-preserving"
    a = (1 + grid**2).rsqrt() if preserving else torch.ones_like(grid)
    falls = (1 + grid**2).log().diff().neg() if preserving else grid.square().diff().neg()
    variance = a[0] ** 2 * grid[0] ** 2
    expected = [variance.item() / a[0].item() ** 2]
    for number, fall in enumerate(falls):
        factor = 1 + (fall / 2 if preserving else 0) - fall / (a[number] ** 2 * (SPREAD**2 + grid[number] ** 2))
        variance = factor**2 * variance + fall
        expected.append((variance / a[number + 1] ** 2).item())
    noise = noise_of(torch.arange(40_000), (1,), torch.float64)
    assert [y.var().item() for y in sampler.points(gaussian, noise, LEVELS)] == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("process", ["variance-exploding", "variance-preserving"])
def test_many_steps_give_the_distribution(process: str):
    samples = ReverseDiffusion(steps=300, process=process).draw(gaussian, 4000, (1,), LEVELS)
    assert samples.std().item() == pytest.approx(SPREAD, rel=0.05)


def test_the_flow_of_a_gaussian_is_a_factor():
    """y / √(s² + σ²) stays along the way."""
    noise = noise_of(torch.arange(5), (2,), torch.float64)
    first, *_, last = ProbabilityFlow(solver=RungeKutta4(steps=50)).points(gaussian, noise, LEVELS)
    factor = ((SPREAD**2 + LEVELS[0] ** 2) / (SPREAD**2 + LEVELS[1] ** 2)) ** 0.5
    torch.testing.assert_close(last, factor * first, rtol=1e-6, atol=1e-8)
