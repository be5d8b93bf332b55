"""Inpainting of a Gaussian, whose conditional distribution is known: how biased replacement is, and what resampling
leaves of the bias."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.fields import Adaptive, Midpoint, Straight, VariancePreserving, inpaint

MEAN = torch.tensor([0.5, -0.5], dtype=torch.float64)
COVARIANCE = torch.tensor([[1.0, 0.8], [0.8, 1.0]], dtype=torch.float64)
KNOWN = 1.5
EXACT = (-0.5 + 0.8 * (KNOWN - 0.5), 1 - 0.8**2)
"""Mean and variance of the second number given the first."""


def gaussian_field(path):
    """a' m + s-part: E[dx_t/dt | x_t] of N(m, Σ) data, linear in x."""

    def field(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        (a, s), (a_rate, s_rate) = path.shares(time), path.rates(time)
        variance = a**2 * COVARIANCE + s**2 * torch.eye(2, dtype=torch.float64)
        slope = (a * a_rate * COVARIANCE + s * s_rate * torch.eye(2, dtype=torch.float64)) @ torch.linalg.inv(variance)
        return a_rate * MEAN + (x - a * MEAN) @ slope.T

    return field


def moments(resamples: int, path) -> tuple[float, float]:
    values = torch.full((4000, 2), KNOWN, dtype=torch.float64)
    values[:, 1] = float("nan")
    rng = torch.Generator().manual_seed(0)
    known = ~values.isnan()
    points = inpaint(gaussian_field(path), path, values, known, Midpoint(steps=10), resamples=resamples, rng=rng)
    assert torch.equal(points[:, 0], values[:, 0])
    return points[:, 1].mean().item(), points[:, 1].var().item()


@pytest.mark.parametrize("path", [Straight(), VariancePreserving()])
def test_resampling_lessens_the_bias_of_replacement(path):
    once, often = moments(1, path), moments(20, path)
    for number, exact in enumerate(EXACT):
        assert abs(often[number] - exact) < abs(once[number] - exact) / 4
    assert often == pytest.approx(EXACT, abs=0.08)


def test_all_known_or_nothing_known():
    values = torch.randn(2000, 2, dtype=torch.float64)
    field, known = gaussian_field(Straight()), torch.ones(2000, 2, dtype=torch.bool)
    assert torch.equal(inpaint(field, Straight(), values, known, Midpoint(steps=2)), values)
    free = inpaint(field, Straight(), values, ~known, Midpoint(steps=20), rng=torch.Generator().manual_seed(1))
    torch.testing.assert_close(free.mean(0), MEAN, atol=0.1, rtol=0)
    torch.testing.assert_close(free.T.cov(), COVARIANCE, atol=0.1, rtol=0)


def test_what_is_refused():
    values, known = torch.zeros(3, 2), torch.ones(3, 2, dtype=torch.bool)
    with pytest.raises(MatchZooError, match="takes a solver of equal steps"):
        inpaint(lambda x, t: x, Straight(), values, known, Adaptive())
    with pytest.raises(MatchZooError, match=r"of one shape, .* got \[3, 2\] and \[3\]"):
        inpaint(lambda x, t: x, Straight(), values, known[:, 0], Midpoint())
