"""Transport on lines: golden values, weights, gradients, and slices of a shift."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport import Exact, line_cost, line_plan, random_directions, sliced_cost


def test_golden_values_and_gradients(golden):
    values = golden("transport.npz")
    x, y, a, b = (torch.from_numpy(values[f"line_{name}"]) for name in "xyab")
    for power, name in ((1, "w1"), (2, "w2sq")):
        expected = values[f"line_{name}"].item()
        assert line_cost(x[:, None], y[:, None], a, b, power).item() == pytest.approx(expected, abs=1e-10)
        assert line_plan(x, y, a, b, power).value.item() == pytest.approx(expected, abs=1e-10)
    plan = line_plan(x, y, a, b)
    torch.testing.assert_close(plan.coupling, torch.from_numpy(values["line_plan"]), rtol=0, atol=1e-10)
    given = [z.clone().requires_grad_() for z in (x, y, a, b)]
    assert torch.autograd.gradcheck(lambda x, y, a, b: line_cost(x[:, None], y[:, None], a, b, 1.5), given)
    assert torch.autograd.gradcheck(lambda x, y: line_plan(x, y, a, b).value, given[:2])


def test_columns_by_themselves_and_ties():
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(9, 3, generator=rng).double(), torch.randn(6, 3, generator=rng).double()
    for column, cost in enumerate(line_cost(x, y)):
        assert cost.item() == pytest.approx(Exact()(x[:, column], y[:, column]).cost, abs=1e-12)
    assert line_cost(torch.zeros(3, 1), torch.ones(5, 1)).item() == pytest.approx(1)
    repeated = x.repeat_interleave(2, 0)
    torch.testing.assert_close(line_cost(repeated, y), line_cost(x, y))


def test_slices_of_a_shift_and_what_is_refused():
    x, shift = torch.randn(50, 3), torch.tensor([3.0, 0.0, 4.0])
    directions = random_directions(4000, 3, torch.Generator().manual_seed(0))
    assert sliced_cost(x, x + shift, directions).item() == pytest.approx(25 / 3, rel=0.05)
    with pytest.raises(MatchZooError, match=r"expected numbers \[n, k\] and \[m, k\]"):
        line_cost(torch.rand(3, 2), torch.rand(3, 1))
    with pytest.raises(MatchZooError, match="not finite"):
        line_cost(torch.full((3, 1), torch.nan), torch.rand(3, 1))
    with pytest.raises(MatchZooError, match=r"directions \[k, d\] of one dimension, got \[3, 2\], \[3, 5\]"):
        sliced_cost(torch.rand(3, 2), torch.rand(3, 5), directions)
