"""Gradients of convex functions against golden values and closed forms."""

import torch
from helpers.convex import golden_network

from matchzoo.models.proximal import potential_gradient, prior_at


def test_golden_values(golden):
    values = golden("transport.npz")
    potential, y = golden_network(values), torch.from_numpy(values["icnn_y"])
    value, image = potential_gradient(potential, y)
    for computed, name in ((value, "psi"), (image, "prox"), (prior_at(potential, y), "prior")):
        torch.testing.assert_close(computed, torch.from_numpy(values[f"icnn_{name}"]), rtol=0, atol=1e-10)


def test_differentiable_where_gradients_are_on():
    factor = torch.tensor(2.0, requires_grad=True)
    y = torch.ones(3, 2)

    def potential(points):
        return factor * points.square().sum(1)

    _, image = potential_gradient(potential, y)
    [slope] = torch.autograd.grad(image.sum(), factor)
    assert slope == 12
    with torch.no_grad():
        value, image = potential_gradient(potential, y)
    assert not value.requires_grad
    assert not image.requires_grad
    assert not y.requires_grad
