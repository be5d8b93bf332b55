"""The linear programs of ParetoDA against golden values and another solver."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from matchzoo.core.errors import DeclarationError
from matchzoo.matchers import OneSided
from matchzoo.training.players import Player
from matchzoo.training.updates.pareto import linear_program, pareto_weights


@pytest.mark.parametrize("program", ["descent", "balance"])
def test_golden_values(program, golden):
    values = golden("alignment.npz")
    gradients, surrogate = (torch.from_numpy(values[key]) for key in ("combine_G", "combine_gval"))
    found = pareto_weights(gradients, surrogate, program)
    np.testing.assert_allclose(found, values[f"combine_paretoda_{program}"], atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_program_has_the_optimum_of_another_solver(seed):
    rng = np.random.default_rng(seed)
    k = 2 + seed
    objective, rows = rng.normal(size=k), rng.normal(size=(3, k))
    bounds = rows.mean(1) - rng.uniform(-0.2, 0.3, 3)
    other = linprog(-objective, A_ub=-rows, b_ub=-bounds, A_eq=np.ones((1, k)), b_eq=[1])
    weights = linear_program(*map(torch.from_numpy, (objective, rows, bounds)))
    if other.status == 2:
        assert weights is None
        return
    assert weights.sum().item() == pytest.approx(1, abs=1e-12)
    assert weights.min() >= 0
    assert (rows @ weights.numpy() >= bounds - 1e-8).all()
    assert float(weights.numpy() @ objective) == pytest.approx(-other.fun, abs=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_what_each_program_promises(seed):
    rng = torch.Generator().manual_seed(seed)
    gradients = torch.randn(4, 9, generator=rng, dtype=torch.float64)
    surrogate = torch.randn(9, generator=rng, dtype=torch.float64)
    agreement = gradients @ surrogate
    weights = pareto_weights(gradients, surrogate)
    rows = torch.cat([agreement[None], gradients @ gradients.T])
    bounds = torch.cat([agreement.max().clamp_max(0)[None], torch.zeros(4).double()])
    other = linprog(-rows[1:].sum(0).numpy(), A_ub=-rows.numpy(), b_ub=-bounds.numpy(), A_eq=np.ones((1, 4)), b_eq=[1])
    assert (weights is None) == (other.status == 2)
    if weights is not None:
        assert (rows @ weights >= bounds - 1e-8).all()
        assert float((rows[1:] @ weights).sum()) == pytest.approx(-other.fun, abs=1e-8)

    balanced = pareto_weights(gradients, surrogate, "balance")
    falls = gradients @ (balanced @ gradients)
    assert (falls[agreement <= 0] >= agreement[agreement <= 0] - 1e-8).all()
    assert falls[agreement.argmax()] >= -1e-8


def test_gradients_that_leave_no_way():
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    infeasible = linear_program(torch.ones(2), torch.eye(2), torch.tensor([0.6, 0.6]))
    assert infeasible is None
    torch.testing.assert_close(pareto_weights(opposite, opposite[0]), torch.tensor([0.5, 0.5]).double())


TERMS = tuple(OneSided() for _ in range(3))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"combine": "pareto"}, "surrogate: missing: 'pareto' needs the position of a term"),
        ({"combine": "pareto", "surrogate": 3}, "surrogate: expected a position in minimize, from 0 to 2, got 3"),
        ({"combine": "pareto", "surrogate": 0, "minimize": TERMS[:2]}, "combine: 'pareto' takes 2 to 6 terms"),
        ({"surrogate": 1}, "surrogate: judges the terms of combine"),
        ({"sharpness": -0.1}, "sharpness: expected at least 0, got -0.1"),
        ({"combine": "paretto"}, "did you mean 'pareto'"),
    ],
)
def test_players_that_are_refused(wrong, message):
    with pytest.raises(DeclarationError, match=message):
        Player(**{"moves": ("projector",), "minimize": TERMS, **wrong})
