"""Closed forms of a linear head against golden values, automatic differentiation and the whole Hessian."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from matchzoo.core.errors import DeclarationError
from matchzoo.matchers.statistics import LinearHead, scale_gradient

EXACT = {"rtol": 0, "atol": 1e-12}
QUANTITIES = {
    "gradient": "head_grad",
    "hessian-gradient": "head_hgp",
    "hessian-diagonal": "head_hdiag",
    "gradient-variance": "head_gradvar",
}


@pytest.fixture
def values(golden):
    return {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}


def heads(values, features=None, weight=None, bias=None):
    features = values["head_Z"] if features is None else features
    weight, bias = (values["head_W"] if weight is None else weight), (values["head_b"] if bias is None else bias)
    return [LinearHead(z, y, weight, bias) for z, y in zip(features, values["head_y"], strict=True)]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_golden_values(quantity, values):
    measured = torch.stack([head.quantity(quantity) for head in heads(values)])
    torch.testing.assert_close(measured, values[QUANTITIES[quantity]], **EXACT)


def squared_distances(statistics, center=None):
    center = statistics.mean(0) if center is None else center
    return (statistics - center).square().sum((1, 2))


PENALTIES = {
    "hgp": ("hessian-gradient", True),
    "hgp_mean_of_products": ("hessian-gradient", False),
    "hutchinson": ("hessian-diagonal", False),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_and_their_gradients_at_the_features(name, values):
    quantity, of_means = PENALTIES[name]
    features = values["head_Z"].clone().requires_grad_()
    all_heads = heads(values, features)
    gradients = torch.stack([head.gradient() for head in all_heads])
    center = torch.stack([head.hessian_product(gradients.mean(0)) for head in all_heads]).mean(0) if of_means else None
    statistics = torch.stack([head.quantity(quantity) for head in all_heads])
    penalty = squared_distances(statistics, center).mean() + squared_distances(gradients).mean()
    torch.testing.assert_close(penalty.detach(), values[f"penalty_{name}"], **EXACT)
    penalty.backward()
    torch.testing.assert_close(features.grad, values[f"penalty_{name}_dZ"], **EXACT)


def loss_of(parameters, features, labels, weights):
    weight, bias = parameters[:, :-1], parameters[:, -1]
    losses = F.cross_entropy(features @ weight.T + bias, labels, reduction="none")
    return losses @ (weights / weights.sum())


def test_weighted_samples_and_probabilities_against_the_whole_hessian(values):
    features, rng = values["head_Z"][0], torch.Generator().manual_seed(0)
    weights = torch.rand(8, generator=rng, dtype=torch.float64)
    labels = torch.rand(8, 3, generator=rng, dtype=torch.float64).softmax(1)
    parameters = torch.cat([values["head_W"], values["head_b"][:, None]], 1)
    head = LinearHead(features, labels, parameters[:, :-1], parameters[:, -1], weights)

    def loss(p):
        return loss_of(p, features, labels, weights)

    gradient = torch.func.grad(loss)(parameters)
    hessian = torch.autograd.functional.hessian(loss, parameters).reshape(15, 15)
    torch.testing.assert_close(head.gradient(), gradient, **EXACT)
    torch.testing.assert_close(head.hessian_diagonal().flatten(), hessian.diagonal(), **EXACT)
    direction = torch.randn(3, 5, generator=rng, dtype=torch.float64)
    torch.testing.assert_close(head.hessian_product(direction).flatten(), hessian @ direction.flatten(), **EXACT)
    each = torch.stack(
        [torch.func.grad(loss_of)(parameters, features[i : i + 1], labels[i : i + 1], weights[:1]) for i in range(8)]
    )
    share = (weights / weights.sum())[:, None, None]
    torch.testing.assert_close(head.gradient_variance(), (share * each**2).sum(0) - gradient**2, **EXACT)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_gradients_reach_features_weights_and_bias(quantity, values):
    inputs = [values[key].clone().requires_grad_() for key in ("head_Z", "head_W", "head_b")]

    def total(features, weight, bias):
        return LinearHead(features[0], values["head_y"][0], weight, bias).quantity(quantity).square().sum()

    assert torch.autograd.gradcheck(total, inputs)


def test_a_quantity_by_a_wrong_name(values):
    with pytest.raises(DeclarationError, match=r"name: expected one of .*'hessian-gradient'"):
        heads(values)[0].quantity("hessian_gradient")


def test_scale_gradient_is_the_derivative_at_a_factor_of_one(values):
    scores, labels = values["head_Z"][1] @ values["head_W"].T + values["head_b"], values["head_y"][1]
    weights = torch.arange(1.0, 9.0, dtype=torch.float64)

    def loss(factor):
        return F.cross_entropy(factor * scores, labels, reduction="none") @ (weights / weights.sum())

    derivative = torch.func.grad(loss)(torch.ones((), dtype=torch.float64))
    np.testing.assert_allclose(scale_gradient(scores, labels, weights), derivative, atol=1e-14)
