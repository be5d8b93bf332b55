"""Paths against golden values, finite differences and the mixtures whose scores are known."""

import numpy as np
import pytest
import torch
from helpers.fields import ring_field, ring_score

from matchzoo.core.errors import DeclarationError
from matchzoo.models.fields import Path, Straight, VarianceExploding, VariancePreserving

PATHS = [Straight(), Straight(rest=0.1), VariancePreserving(), VarianceExploding(largest=5.0)]


@pytest.mark.parametrize(
    ("name", "path"), [("linear", Straight()), ("sigmamin", Straight(rest=0.1)), ("trig", VariancePreserving())]
)
def test_points_and_velocities_are_those_of_others(name: str, path: Path, transport: dict[str, torch.Tensor]):
    noise, data, time = (transport[f"fm_{key}"] for key in ("noise", "data", "t"))
    torch.testing.assert_close(path.between(noise, data, time), transport[f"fm_{name}_xt"], rtol=0, atol=1e-12)
    torch.testing.assert_close(path.velocity(noise, data, time), transport[f"fm_{name}_u"], rtol=0, atol=1e-12)


def test_time_may_run_the_other_way(transport: dict[str, torch.Tensor]):
    """Latent flow matching has data at 0: its points are ours at 1 − t with as much noise left, its velocity ours
    turned around."""
    noise, data, time = (transport[f"fm_{key}"] for key in ("noise", "data", "t"))
    path = Straight(rest=1e-5)
    torch.testing.assert_close(path.between(noise, data, 1 - time), transport["fm_lfm_zt"], rtol=0, atol=1e-12)
    torch.testing.assert_close(-path.velocity(noise, data, 1 - time), transport["fm_lfm_u"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_velocities_are_derivatives(path: Path):
    noise, data = torch.randn(2, 6, 3, dtype=torch.float64).unbind()
    time, step = torch.linspace(0.1, 0.9, 6, dtype=torch.float64), 1e-6
    difference = path.between(noise, data, time + step) - path.between(noise, data, time - step)
    torch.testing.assert_close(path.velocity(noise, data, time), difference / (2 * step), rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(path.between(noise, data, time[2])[2], path.between(noise, data, time)[2])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_from_the_velocity_of_a_pair_follow_both_ends(path: Path):
    """For data of one point the velocity is that of the pair, and the denoised point is the data."""
    noise, data = torch.randn(6, 3, dtype=torch.float64), torch.tensor([[1.0, -2, 0.5]] * 6, dtype=torch.float64)
    time = torch.linspace(0.1, 0.9, 6, dtype=torch.float64)
    points, velocity = path.between(noise, data, time), path.velocity(noise, data, time)
    torch.testing.assert_close(path.denoised(points, velocity, time), data)
    spread = path.shares(time)[1][:, None]
    torch.testing.assert_close(path.score(points, velocity, time), -noise / spread)


def test_the_score_of_a_mixture_follows_from_its_field(transport: dict[str, torch.Tensor]):
    x = transport["field_x"]
    for time in (0.3, 0.6, 0.9):
        field = transport[f"field_v_t{time}"]
        torch.testing.assert_close(ring_field(x, torch.tensor(time, dtype=torch.float64)), field, rtol=0, atol=1e-10)
        score = Straight().score(x, field, torch.tensor(time, dtype=torch.float64))
        torch.testing.assert_close(score, ring_score(x, time), rtol=1e-9, atol=1e-9)


def test_where_paths_start():
    noise = torch.ones(2, 3)
    assert Straight().start(noise).equal(noise)
    assert VariancePreserving().start(noise).equal(noise)
    np.testing.assert_allclose(VarianceExploding(largest=7.0).start(noise), 7.0, rtol=1e-6)
    with pytest.raises(DeclarationError, match="expected less than largest = 1, got 2"):
        VarianceExploding(largest=1.0, rest=2.0)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: type(path).__name__)
def test_the_time_of_so_much_noise(path: Path):
    time = torch.linspace(0.1, 0.9, 6, dtype=torch.float64)
    of_data, of_noise = path.shares(time)
    torch.testing.assert_close(path.time(of_noise / of_data), time)


@pytest.mark.parametrize("path", PATHS)
def test_going_back_is_the_path_of_the_same_data(path):
    """x_t of x_u with fresh noise has the mean and the variance that x_t of the data has."""
    earlier, later = torch.tensor(0.3, dtype=torch.float64), torch.tensor(0.7, dtype=torch.float64)
    data = torch.tensor([[2.0]], dtype=torch.float64)
    (a, s), (_, s_later) = path.shares(earlier), path.shares(later)
    zero, one = torch.zeros_like(data), torch.ones_like(data)
    mean = path.back(path.between(zero, data, later), later, earlier, zero)
    torch.testing.assert_close(mean, a * data)
    of_noise = path.back(s_later * one, later, earlier, zero), path.back(zero, later, earlier, one)
    torch.testing.assert_close(of_noise[0] ** 2 + of_noise[1] ** 2, s**2 * one)
