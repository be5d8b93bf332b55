"""UDIM's perturbation and inconsistency against golden values."""

import pytest
import torch
import torch.nn.functional as F

from matchzoo.matchers import Absolute, Squared, ToConstant, ToMean
from matchzoo.matchers.perturbation import perturb, steepness_gradient
from matchzoo.matchers.statistics import LinearHead

EXACT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture
def values(golden):
    return {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}


def test_golden_gradient_of_inputs(values):
    features = values["head_Z"][0].clone().requires_grad_()
    parameters = [values[key].clone().requires_grad_() for key in ("head_W", "head_b")]
    loss = F.cross_entropy(features @ parameters[0].T + parameters[1], values["head_y"][0])
    gradient = steepness_gradient(loss, features, parameters, float(values["sam_rho"]))
    torch.testing.assert_close(gradient, values["udim_input_gradient"], **EXACT)


def test_golden_inconsistency_is_that_of_gradient_variances_to_their_mean(values):
    weight, bias = values["head_W"], values["head_b"]
    source, moved = (LinearHead(values["head_Z"][i], values["head_y"][i], weight, bias) for i in (0, 1))
    distance = ToMean()([source.gradient_variance(), moved.gradient_variance()], Squared())
    torch.testing.assert_close(distance, values["udim_distance"], **EXACT)
    torch.testing.assert_close(moved.mean_square_norm(), values["udim_mean_square_norm"], **EXACT)
    spread = ToConstant()([moved.gradient_variance()], Absolute())  # as a recipe says it
    squared = ToConstant()([moved.gradient()], Squared())
    torch.testing.assert_close(spread + squared, values["udim_mean_square_norm"], **EXACT)


def test_each_sample_moves_by_one_length_along_its_own_gradient():
    inputs, gradient = torch.rand(4, 2, 3), torch.randn(4, 2, 3)
    gradient[2] = 0
    moved = perturb(inputs, gradient, 2.0)
    steps = (moved - inputs).flatten(1)
    torch.testing.assert_close(steps.norm(dim=1), torch.tensor([2.0, 2.0, 0.0, 2.0]))
    cosines = F.cosine_similarity(steps, gradient.flatten(1))
    torch.testing.assert_close(cosines, torch.tensor([1.0, 1.0, 0.0, 1.0]))
    torch.testing.assert_close(perturb(inputs[:1], gradient[:1], 2.0), moved[:1])  # whatever else is in the batch


def test_a_gradient_of_zero_is_no_fault():
    inputs = torch.rand(3, 2, dtype=torch.float64, requires_grad=True)
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    loss = (weight.square() * inputs.sum()).sum()
    assert torch.equal(steepness_gradient(loss, inputs, [weight], 0.5), torch.zeros(3, 2).double())
