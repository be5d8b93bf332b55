"""Gromov–Wasserstein plans: isometries are found, values and gradients are right."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport import cost_matrix, gromov_plan


def points(n, d, seed):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


def test_an_isometry_is_found_and_the_value_is_its_sum():
    x, order = points(15, 2, 0), torch.randperm(15, generator=torch.Generator().manual_seed(1))
    turned = (x @ torch.tensor([[0.0, -1.0], [1.0, 0.0]]).double() + 3)[order]
    plan = gromov_plan(cost_matrix(x, x), cost_matrix(turned, turned))
    assert order[plan.partners].tolist() == list(range(15))
    assert plan.cost == pytest.approx(0, abs=1e-9)
    y = points(10, 3, 2)
    first, second = cost_matrix(x, x, "euclidean"), cost_matrix(y, y, "euclidean")
    plan = gromov_plan(first, second)
    distortion = (first[:, None, :, None] - second[None, :, None, :]).square()
    expected = torch.einsum("ijkl,ij,kl->", distortion, plan.coupling, plan.coupling)
    assert plan.cost == pytest.approx(expected.item())
    assert plan.marginal_error < 1e-12


def test_value_and_gradient_against_pot():
    import ot

    x, y = points(9, 2, 0).requires_grad_(), points(7, 3, 1).requires_grad_()
    first, second = cost_matrix(x, x, "euclidean"), cost_matrix(y, y, "euclidean")
    theirs = ot.gromov.gromov_wasserstein2(first.detach().numpy(), second.detach().numpy())
    assert gromov_plan(first, second).cost <= theirs + 1e-9
    assert torch.autograd.gradcheck(lambda x: gromov_plan(cost_matrix(x, x), cost_matrix(y, y)).value, x)


def test_matrices_that_are_not_square():
    with pytest.raises(MatchZooError, match=r"\[n, n\] and \[m, m\], got \[3, 2\] and \[2, 2\]"):
        gromov_plan(torch.rand(3, 2), torch.rand(2, 2))
