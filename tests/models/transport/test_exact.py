"""Exact plans against golden values, and what is refused."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.models.transport import Exact, cost_matrix, exact_plan


def test_golden_values(golden):
    values = golden("transport.npz")
    x, y, a, b = (torch.from_numpy(values[f"ot_{name}"]) for name in "xyab")
    plan = exact_plan(cost_matrix(x, y), a, b)
    torch.testing.assert_close(plan.coupling, torch.from_numpy(values["ot_exact_plan"]), rtol=0, atol=1e-10)
    assert plan.cost == pytest.approx(values["ot_exact_cost"].item(), abs=1e-10)
    assert plan.gap == pytest.approx(0, abs=1e-12)
    assert plan.marginal_error < 1e-12
    assert int(plan.nonzeros.sum()) <= 12 + 15 - 1

    x, y = (torch.from_numpy(values[f"assign_{name}"]) for name in "xy")
    plan = Exact()(x, y)
    assert plan.partners.tolist() == values["assign_perm"].tolist()
    assert plan.cost == pytest.approx(values["assign_cost"].item(), abs=1e-12)


def test_gradients_of_points_and_weights():
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(5, 2, generator=rng).double(), torch.randn(4, 2, generator=rng).double()
    a = torch.rand(5, generator=rng).double() + 0.1
    given = [z.requires_grad_() for z in (x, y, a)]
    assert torch.autograd.gradcheck(lambda x, y, a: Exact()(Samples(x, weights=a), y).value, given)


@pytest.mark.parametrize(
    ("cost", "weights", "message"),
    [
        (torch.tensor([[1.0, float("nan")]]), None, "not finite"),
        (torch.zeros(0, 3), None, r"expected costs \[n, m\], n and m at least 1, got \[0, 3\]"),
        (torch.zeros(2, 3), torch.zeros(2), "a: all weights are 0, so there is no mass to transport"),
        (torch.zeros(2, 3), torch.tensor([1.0, -1.0]), "not negative"),
        (torch.zeros(2, 3), torch.ones(3), r"a: expected 2 weights, one of each point, got \[3\]"),
    ],
)
def test_what_is_refused(cost, weights, message):
    with pytest.raises(MatchZooError, match=message):
        exact_plan(cost, weights)


def test_a_library_that_is_missing_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ot.lp", None)
    with pytest.raises(MatchZooError, match=r'needs POT: pip install "matchzoo-torch\[transport\]"; or use kind'):
        exact_plan(torch.rand(2, 3))
