"""Errors of denoised samples: by hand, against golden values, and what each learns."""

import pytest
import torch

from matchzoo.core.schedule import Ramp
from matchzoo.matchers import AbsoluteError, ErrorKernel, ProximalError, SquaredError, proximal_error


def test_by_hand():
    residual = torch.tensor([[[3.0, -4.0]], [[0.0, 1.0]]])
    sigma = torch.tensor([1.0, 2.0])
    assert SquaredError().errors(residual, sigma).tolist() == [12.5, 0.5]
    assert SquaredError(power=2.0).errors(residual, sigma).tolist() == [12.5, 0.125]
    assert AbsoluteError().errors(residual, sigma).tolist() == [3.5, 0.5]


@pytest.mark.parametrize("gamma", [0.5, 0.1])
def test_proximal_matching_is_that_of_others(gamma: float, golden):
    values = golden("transport.npz")
    loss = proximal_error(torch.from_numpy(values["pm_residual"]), gamma).mean()
    assert loss.item() == pytest.approx(float(values[f"pm_loss_gamma{gamma}"]), abs=1e-12)


def test_gamma_may_follow_the_step():
    kernel = ProximalError(gamma=Ramp(start=2.0, end=1.0, first=1, last=3))
    residual, sigma = torch.full((1, 1), 1.0, dtype=torch.float64), torch.ones(1)
    for number, gamma in ((1, 2.0), (2, 1.5), (9, 1.0)):
        torch.testing.assert_close(kernel.errors(residual, sigma, number), proximal_error(residual, gamma))
    late = ProximalError(gamma=0.5, warm_up=3)
    assert late.errors(residual, sigma, 3) == 1
    torch.testing.assert_close(late.errors(residual, sigma, 4), proximal_error(residual, 0.5))


@pytest.mark.parametrize(
    ("kernel", "best"), [(SquaredError(), 1.5), (AbsoluteError(), 1.0), (ProximalError(gamma=0.2), 0.0)]
)
def test_mean_median_and_mode(kernel: ErrorKernel, best: float):
    """Of a distribution on a few points, the constant of least error."""
    points = torch.tensor([0.0, 0.0, 1.0, 1.02, 5.48], dtype=torch.float64)[:, None]
    candidates = torch.linspace(-1, 6, 1401, dtype=torch.float64)
    errors = torch.stack([kernel.errors(c - points, torch.ones(5)).mean() for c in candidates])
    assert candidates[errors.argmin()].item() == pytest.approx(best, abs=0.02)
