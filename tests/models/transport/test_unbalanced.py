"""Transport with soft marginals: golden values, its limit, outliers, gradients."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.models.transport import Unbalanced, cost_matrix, sinkhorn_plan, unbalanced_plan


def test_golden_values_and_the_balanced_limit(golden):
    values = golden("transport.npz")
    x, y, a, b = (torch.from_numpy(values[f"ot_{name}"]) for name in "xyab")
    plan = unbalanced_plan(cost_matrix(x, y), a, b, epsilon=0.5, strength=1.0)
    expected = torch.from_numpy(values["unbalanced_eps0.5_rho1_plan"])
    torch.testing.assert_close(plan.coupling, expected, rtol=0, atol=1e-7)
    assert abs(plan.gap) < 1e-9
    stiff = unbalanced_plan(cost_matrix(x, y), a, b, epsilon=0.5, strength=1e6)
    assert stiff.iterations < 100
    assert stiff.value.item() == pytest.approx(
        sinkhorn_plan(cost_matrix(x, y), a, b, epsilon=0.5).value.item(), abs=1e-4
    )


def test_an_outlier_keeps_its_mass():
    x = torch.cat([torch.rand(20, 2), torch.full((1, 2), 30.0)])
    plan = Unbalanced(strength=1.0, epsilon=0.01)(x, torch.rand(20, 2))
    mass = 21 * plan.coupling.sum(1)
    assert mass[:20].min() > 0.5
    assert mass[20] < 1e-3


def test_gradients_of_points_and_of_weights_as_they_are():
    rng = torch.Generator().manual_seed(0)
    x, y, a = (torch.rand(*size, generator=rng).double().requires_grad_() for size in ((5, 2), (4, 2), (5,)))
    solver = Unbalanced(strength=0.5, epsilon=0.1, tolerance=1e-10)
    assert torch.autograd.gradcheck(lambda x, y, a: solver(Samples(x, weights=a), y).value, (x, y, a))


def test_what_does_not_converge_is_told():
    with pytest.raises(MatchZooError, match=r"potentials still change by .* epsilon after .* raise epsilon"):
        Unbalanced(strength=100.0, epsilon=1e-4, iterations=3)(torch.rand(20, 2), torch.rand(20, 2))
