"""The inverse of a gradient and the prior by it: golden values, a known prior, and points that are no image."""

import math

import pytest
import torch
from helpers.convex import golden_network

from matchzoo.core.errors import MatchZooError
from matchzoo.models.networks import ICNN
from matchzoo.models.proximal import invert_gradient, potential_gradient, prior_value


def huber(y):
    """ψ whose gradient is soft thresholding at 1: its prior is |x|."""
    return 0.5 * (y.abs() - 1).relu().square().sum(1)


def test_golden_values(golden):
    values = golden("transport.npz")
    potential, images = golden_network(values), torch.from_numpy(values["icnn_prox"])
    inversion = invert_gradient(potential, images, 1e-12)
    assert inversion.converged.all()
    _, again = potential_gradient(potential, inversion.points)
    torch.testing.assert_close(again, images, rtol=0, atol=1e-11)
    prior = prior_value(potential, images, 1e-9)
    torch.testing.assert_close(prior, torch.from_numpy(values["icnn_prior"]), rtol=0, atol=1e-10)


def test_a_known_prior_though_its_operator_is_flat():
    x = torch.linspace(-3, 3, 25, dtype=torch.float64)[:, None]
    torch.testing.assert_close(prior_value(huber, x), x.abs()[:, 0])
    inversion = invert_gradient(huber, x)
    assert inversion.converged.all()
    assert inversion.unique.tolist() == (x[:, 0] != 0).tolist()  # every y in [−1, 1] has the image 0


def test_points_that_are_no_image():
    def bounded(y):  # its gradient, tanh, stays within (−1, 1)
        return (y.abs() + torch.nn.functional.softplus(-2 * y.abs()) - math.log(2)).sum(1)

    x = torch.tensor([[0.5], [0.99], [2.0]], dtype=torch.float64)
    inversion = invert_gradient(bounded, x, iterations=40)
    assert inversion.converged.tolist() == [True, True, False]
    torch.testing.assert_close(inversion.points[:2], x[:2].atanh(), rtol=0, atol=1e-4)
    with pytest.raises(MatchZooError, match=r"1 of 3 points are no image of this operator within 1e-06 \(the farthest"):
        prior_value(bounded, x, iterations=40)
    assert prior_value(bounded, x, iterations=40, strict=False).isnan().tolist() == [False, False, True]


def test_networks_of_many_inputs():
    network = ICNN(widths=[30, 30], strong_convexity=0.1)
    network.build((1, 4, 4), (1,), torch.Generator().manual_seed(0))
    network.double()
    y = torch.randn(20, 1, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    _, images = potential_gradient(network, y)
    inversion = invert_gradient(network, images.detach())
    assert inversion.converged.all()
    assert inversion.slope.min() >= 0.1 - 1e-9
    torch.testing.assert_close(inversion.points, y, rtol=0, atol=1e-5)
    assert inversion.iterations < 30
