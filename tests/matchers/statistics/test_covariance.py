"""Covariance and standard deviations, and VICReg and whitening, which are made of them."""

import numpy as np
import pytest
import torch

from matchzoo.matchers import Hinge, Paired, Squared, StatisticMatcher, ToConstant, hinge_distance
from matchzoo.matchers.statistics import (
    Covariance,
    StandardDeviations,
    covariance,
    moments,
    standard_deviations,
)

ZERO, ONE = ToConstant(constant="zero"), ToConstant(constant="one")


def test_vicreg_is_that_of_the_golden_values_with_its_gradients(golden):
    """25 times the mean square, 25 times ½ the mean shortfall of both deviations, and both covariances over d."""
    values = golden("self_targets.npz")
    x, y = (torch.from_numpy(values[name]).requires_grad_() for name in ("vic_x", "vic_y"))
    d = x.shape[1]
    invariance = Paired()(x, y) / d
    variance = StatisticMatcher(statistic=StandardDeviations(), distance=Hinge(), reduction=ONE)
    decorrelation = StatisticMatcher(statistic=Covariance(), distance=Squared(diagonal=0), reduction=ZERO)
    loss = 25 * invariance + 25 * variance(x, y) / d + 2 * decorrelation(x, y) / d
    np.testing.assert_allclose(invariance.item(), values["vic_inv"], rtol=1e-12)
    np.testing.assert_allclose([variance(z).item() / d for z in (x, y)], values["vic_var"], rtol=1e-12)
    np.testing.assert_allclose([decorrelation(z).item() / d for z in (x, y)], values["vic_cov"], rtol=1e-12)
    np.testing.assert_allclose(loss.item(), values["vic_loss"], rtol=1e-12)
    for gradient, name in zip(torch.autograd.grad(loss, (x, y)), ("vic_grad_x", "vic_grad_y"), strict=True):
        np.testing.assert_allclose(gradient, values[name], rtol=1e-10, atol=1e-12)


def test_they_are_those_of_numpy_and_of_repeated_rows(golden):
    x = golden("self_targets.npz")["vic_x"]
    features = torch.from_numpy(x)
    np.testing.assert_allclose(covariance(features), np.cov(x.T), atol=1e-14)
    np.testing.assert_allclose(standard_deviations(features, eps=0), x.std(0, ddof=1), atol=1e-14)
    torch.testing.assert_close(moments(features, mean=False), covariance(features) / 5)
    weights = torch.rand(16, dtype=torch.float64)
    np.testing.assert_allclose(covariance(features, weights), np.cov(x.T, aweights=weights), atol=1e-14)
    np.testing.assert_allclose(
        standard_deviations(features, weights), (covariance(features, weights).diagonal() + 1e-4).sqrt(), atol=1e-14
    )


def test_whitened_features_have_no_distance_to_the_identity(golden):
    features = torch.from_numpy(golden("self_targets.npz")["vic_x"])
    white = torch.linalg.qr(features - features.mean(0))[0] * 15**0.5
    whitening = StatisticMatcher(statistic=Covariance(), distance=Squared(), reduction=ToConstant(constant="identity"))
    assert whitening(white).item() == pytest.approx(0, abs=1e-24)
    assert whitening(features) > 1


def test_a_hinge_is_zero_beyond_and_a_collapsed_feature_has_a_gradient():
    assert hinge_distance(torch.tensor([0.5, 2.0]), torch.ones(2)).item() == 0.5
    collapsed = torch.ones(6, 2, requires_grad=True)
    [gradient] = torch.autograd.grad(hinge_distance(standard_deviations(collapsed), torch.ones(2)), collapsed)
    assert gradient.isfinite().all()
