"""Plans of few nonzeros against golden values; where the dual is not tight, that is told."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.models.transport import Exact, Sparse, cost_matrix, sparse_plan


@pytest.mark.parametrize(
    ("name", "nonzeros", "strength"),
    [("sparse_k2_gamma0.5", 2, 0.5), ("sparse_k2_gamma1", 2, 1.0), ("quadratic_gamma3", 12, 3.0)],
)
def test_golden_values(name, nonzeros, strength, golden):
    values = {key: torch.as_tensor(value) for key, value in golden("transport.npz").items()}
    cost = cost_matrix(values["sparse_x"], values["sparse_y"])
    for weights in (None, torch.ones(12)):  # as an assignment where it is one, and by the dual
        plan = sparse_plan(cost, weights, nonzeros=nonzeros, strength=strength)
        torch.testing.assert_close(plan.coupling, values[f"{name}_plan"], rtol=0, atol=1e-6)
        torch.testing.assert_close(plan.value, values[f"{name}_value"], rtol=0, atol=1e-6)
        assert int(plan.nonzeros.max()) <= nonzeros
        assert plan.marginal_error < 1e-6
        assert abs(plan.gap or 0) < 1e-6


def test_rows_that_the_relaxed_dual_misses_are_reported(golden):
    values = {key: torch.as_tensor(value) for key, value in golden("transport.npz").items()}
    given = cost_matrix(values["sparse_x"], values["sparse_y"]), values["sparse_bad_a"], values["sparse_bad_b"]
    with pytest.raises(MatchZooError, match=r"rows miss their weights by 0\.\d+ in all, .* the dual is not tight"):
        sparse_plan(*given, nonzeros=2, strength=0.5)
    plan = sparse_plan(*given, nonzeros=2, strength=0.5, tolerance=float("inf"))
    assert plan.gap > 0.01
    assert plan.marginal_error > 0.05
    torch.testing.assert_close(plan.coupling.sum(0), plan.weights[1])
    assert plan.value.item() > values["sparse_bad_dual_value"].item() - 1e-4  # the larger dual value is the better one


def test_an_assignment_is_the_exact_plan_and_gradients(golden):
    rng = torch.Generator().manual_seed(0)
    x, y = torch.rand(60, 2, generator=rng).double(), torch.rand(20, 2, generator=rng).double()
    plan = Sparse(nonzeros=3)(x, y)
    assert plan.cost == pytest.approx(Exact()(x, y).cost)
    assert plan.nonzeros.tolist() == [3] * 20
    values = golden("transport.npz")
    given = [torch.from_numpy(values[f"sparse_{name}"]).requires_grad_() for name in "xy"]
    for weights in (None, torch.ones(12)):

        def value(x, y, weights=weights):
            return Sparse(strength=0.5)(Samples(x, weights=weights), y).value

        assert torch.autograd.gradcheck(value, given, eps=1e-4, atol=1e-4, rtol=1e-2, fast_mode=True)
