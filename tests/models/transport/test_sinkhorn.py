"""Entropic plans against golden values and limits; small ε, far sets and zero weights; what does not converge."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.models.transport import Exact, Sinkhorn, cost_matrix, sinkhorn_plan, sinkhorn_value_within


@pytest.mark.parametrize(("epsilon", "tolerance"), [(0.5, 1e-9), (0.05, 1e-7)])
def test_golden_values(epsilon, tolerance, golden):
    values = {
        key: torch.from_numpy(value)
        for key, value in golden("transport.npz").items()
        if "ot_" in key or "sinkhorn" in key
    }
    x, y, a, b = (values[f"ot_{name}"] for name in "xyab")
    key = f"sinkhorn_eps{epsilon}"

    def close(found, name):
        torch.testing.assert_close(
            torch.as_tensor(found, dtype=torch.float64), values[f"{key}_{name}"], rtol=0, atol=tolerance
        )

    plan = sinkhorn_plan(cost_matrix(x, y), a, b, epsilon=epsilon, tolerance=1e-11)
    close(plan.coupling, "plan")
    close(plan.cost, "linear")
    close(plan.value, "kl")
    shift = ((a * plan.potentials[0]).sum() - (b * plan.potentials[1]).sum()) / 2  # the golden gauge: ⟨a, f⟩ = ⟨b, g⟩
    close(plan.potentials[0] - shift, "f")
    close(plan.potentials[1] + shift, "g")
    assert abs(plan.gap) < 1e-9
    for points, weights, name in ((x, a, "xx"), (y, b, "yy")):
        close(sinkhorn_value_within(cost_matrix(points, points), weights, epsilon=epsilon, tolerance=1e-11), name)


def points(n, m, dtype=torch.float64):
    rng = torch.Generator().manual_seed(0)
    return torch.randn(n, 2, generator=rng).to(dtype), 0.5 * torch.randn(m, 2, generator=rng).to(dtype) + 1


def test_small_epsilon_is_near_the_exact_cost_and_large_epsilon_the_mean():
    x, y = points(40, 40)
    exact = Exact()(x, y)
    small = Sinkhorn(epsilon="0.001*mean", tolerance=1e-4)(x, y)
    assert small.cost == pytest.approx(exact.cost, rel=1e-3)
    assert small.marginal_error <= 1e-4
    large = Sinkhorn(epsilon="1e6*mean")(x, y)
    assert large.cost == pytest.approx(cost_matrix(x, y).mean().item(), rel=1e-4)


def test_iterations_that_over_relax_end_where_plain_ones_do():
    x, y = points(30, 20)
    cost = cost_matrix(x, y)
    f, g, epsilon = torch.zeros(30).double(), torch.zeros(20).double(), 0.05
    for _ in range(3000):
        f = -epsilon * ((g - cost) / epsilon + torch.log(torch.tensor(1 / 20))).logsumexp(1)
        g = -epsilon * ((f[:, None] - cost) / epsilon + torch.log(torch.tensor(1 / 30))).logsumexp(0)
    plan = sinkhorn_plan(cost, epsilon=epsilon, tolerance=1e-10)
    assert plan.value.item() == pytest.approx((f.mean() + g.mean()).item(), abs=1e-7)  # 1/30 is rounded above
    assert plan.iterations < 400


def test_far_sets_of_little_spread_in_float32_and_points_of_no_mass():
    x, y = points(20, 30, torch.float32)
    plan = Sinkhorn(epsilon=0.01, tolerance=1e-3)(x, y + 1e4)
    assert plan.marginal_error <= 1e-3
    weights = torch.ones(20)
    weights[3] = 0
    plan = sinkhorn_plan(cost_matrix(x, y), weights, epsilon=0.1)
    assert plan.coupling[3].sum() == 0
    assert plan.potentials[0].isfinite().all()
    rest = torch.arange(20) != 3
    alone = sinkhorn_plan(cost_matrix(x, y)[rest], epsilon=0.1)
    torch.testing.assert_close(plan.coupling[rest], alone.coupling, rtol=1e-3, atol=1e-6)


def test_what_does_not_converge_and_what_is_no_strength_is_told():
    x, y = points(30, 30)
    with pytest.raises(
        MatchZooError, match=r"marginals are .* off after .* iterations with epsilon = .* raise epsilon"
    ):
        Sinkhorn(epsilon="0.001*mean", iterations=5)(x, y)
    with pytest.raises(
        DeclarationError, match=r"epsilon: expected a number above 0, or a multiple .*, got '0\.1\*median'"
    ):
        Sinkhorn(epsilon="0.1*median")
    with pytest.raises(DeclarationError, match="epsilon: expected a number above 0, got 0"):
        sinkhorn_plan(cost_matrix(x, y), epsilon=0)
