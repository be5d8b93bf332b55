"""A curve under covariate shift: what importance weights repair."""

import numpy as np
import pytest
import torch
from scipy import stats

from matchzoo.data import Sinc


def test_rows_and_density() -> None:
    data = Sinc(points=5000, mean=2.0, std=0.25)
    spec = data.build(0)
    assert (spec.shape, spec.classes, spec.units.columns) == ((2,), None, ("x", "y"))
    x, y = data.training_set.all().values.double().T
    assert (x.mean().item(), x.std().item()) == pytest.approx((2.0, 0.25), abs=0.02)
    residuals = y - torch.from_numpy(np.sinc(x.numpy()))
    assert (residuals.mean().item(), residuals.std().item()) == pytest.approx((0.0, 0.25), abs=0.02)
    reference = stats.norm(2.0, 0.25).logpdf(x[:5].numpy())
    np.testing.assert_allclose(data.log_density(x[:5]).numpy(), reference, rtol=1e-12)


def test_the_true_ratio_makes_a_line_fit_the_target() -> None:
    """Mean over 20 draws of the squared error on the target of a straight line, with and without weights."""
    errors = {"plain": [], "weighted": []}
    for seed in range(20):
        source, target = Sinc(split_seed=seed), Sinc(mean=2.0, std=0.25, split_seed=100 + seed)
        x, y = source.load().train.values.double().T
        ratio = (target.log_density(x) - source.log_density(x)).exp()
        test = target.load().test.values.double()[:, 0]
        for name, weights in (("plain", torch.ones_like(x)), ("weighted", ratio)):
            design = torch.stack([x, torch.ones_like(x)], 1)
            root = weights.sqrt()[:, None]
            line = torch.linalg.lstsq(root * design, root * y[:, None]).solution[:, 0]
            wrong = line[0] * test + line[1] - torch.sinc(test)
            errors[name].append(wrong.square().mean().item())
    assert np.mean(errors["plain"]) == pytest.approx(0.32, abs=0.1)
    assert np.mean(errors["weighted"]) < 0.03
