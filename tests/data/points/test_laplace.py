"""Laplace points: moments, finite draws, and the closed forms of their denoisers."""

import pytest
import torch

from matchzoo.data.points.laplace import Laplace, laplace


def test_moments_and_the_ends_of_the_distribution():
    data = Laplace(dimension=2, scale=0.5, points=20_000, test_points=10)
    points = data.load().train.values.double()
    assert points.shape == (20_000, 2)
    assert points.abs().mean().item() == pytest.approx(0.5, rel=0.02)
    assert points.square().mean().item() == pytest.approx(2 * 0.5**2, rel=0.04)
    grid = torch.linspace(-20, 20, 200_001, dtype=torch.float64)[:, None]
    assert torch.trapezoid(Laplace().log_density(grid).exp(), grid[:, 0]).item() == pytest.approx(1, abs=1e-7)
    for dtype in (torch.float32, torch.float64):
        ends = laplace(torch.tensor([0.0, 0.5, 1 - torch.finfo(dtype).eps], dtype=dtype))
        assert ends.isfinite().all()
        assert ends.sign().tolist() == [-1, 0, 1]


def test_golden_denoisers(golden):
    values = {key: torch.from_numpy(x) for key, x in golden("transport.npz").items() if key.startswith("prox")}
    data, y = Laplace(), values["prox_y"]
    for computed, name in (
        (data.prox(y, 1.0), "soft"),
        (data.posterior_mean(y, 1.0), "posterior_mean"),
        (data.posterior_median(y, 1.0), "posterior_median"),
    ):
        torch.testing.assert_close(computed, values[f"prox_{name}"], rtol=0, atol=1e-8)


def test_denoisers_of_another_scale_against_a_grid():
    data, noise = Laplace(scale=0.4), 0.7
    y = torch.tensor([-3.0, -0.3, 0.0, 1.1, 40.0], dtype=torch.float64)
    x = torch.linspace(-50, 50, 400_001, dtype=torch.float64)
    log_posterior = -x.abs() / 0.4 - (x - y[:, None]).square() / (2 * noise**2)
    posterior = log_posterior.softmax(1)
    torch.testing.assert_close(data.prox(y, noise), x[log_posterior.argmax(1)], rtol=0, atol=3e-4)
    torch.testing.assert_close(data.posterior_mean(y, noise), posterior @ x, rtol=0, atol=1e-6)
    middle = x[torch.searchsorted(posterior.cumsum(1), torch.full((5, 1), 0.5, dtype=torch.float64))[:, 0]]
    torch.testing.assert_close(data.posterior_median(y, noise), middle, rtol=0, atol=3e-4)
