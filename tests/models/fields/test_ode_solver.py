"""Solvers against golden values of exact fields, and their order."""

import sys

import pytest
import torch
from helpers.fields import ring_field

from matchzoo.core.errors import MatchZooError
from matchzoo.models.fields import Adaptive, Euler, Heun, Midpoint, RungeKutta4

FIXED = {"euler": Euler, "midpoint": Midpoint, "heun": Heun, "rk4": RungeKutta4}


@pytest.mark.parametrize("name", FIXED)
def test_eight_steps_are_those_of_others(name: str, transport: dict[str, torch.Tensor]):
    solver, x = FIXED[name](steps=8), transport["field_x"]
    torch.testing.assert_close(solver.solve(ring_field, x), transport[f"ode_{name}_8"], rtol=0, atol=1e-10)
    assert len(solver.trajectory(ring_field, x)) == 9


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("midpoint", 2), ("heun", 2), ("rk4", 4)])
def test_the_error_falls_as_it_should(name: str, order: int):
    x = torch.ones(1, 1, dtype=torch.float64)
    exact = torch.tensor(0.5, dtype=torch.float64).exp()

    def error(steps: int) -> float:
        return (FIXED[name](steps=steps).solve(lambda x, t: t * x, x) - exact).abs().item()

    assert error(8) / error(16) == pytest.approx(2**order, rel=0.25)


def test_there_and_back(transport: dict[str, torch.Tensor]):
    x, solver = transport["field_x"], RungeKutta4(steps=200)
    torch.testing.assert_close(solver.solve(ring_field, solver.solve(ring_field, x), 1.0, 0.0), x, rtol=0, atol=1e-6)


def test_no_time_outside_is_asked_for():
    """Of fields such as that of one point, (x* − x) / (1 − t), which have no value beyond the end."""
    pytest.importorskip("torchdiffeq")
    for solver in (*(kind(steps=4) for kind in FIXED.values()), Adaptive()):
        asked: list[float] = []

        def field(x: torch.Tensor, t: torch.Tensor, asked: list[float] = asked) -> torch.Tensor:
            asked.append(t.item())
            return -x

        solver.solve(field, torch.ones(2, 2, dtype=torch.float64))
        solver.solve(field, torch.ones(2, 2, dtype=torch.float64), 1.0, 0.0)
        assert min(asked) >= -1e-9
        assert max(asked) <= 1 + 1e-9


def test_steps_that_adapt(transport: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("torchdiffeq")
    solver = Adaptive(rtol=1e-9, atol=1e-9)
    points = solver.solve(ring_field, transport["field_x"])
    torch.testing.assert_close(points, transport["ode_exact"], rtol=0, atol=1e-6)
    monkeypatch.setitem(sys.modules, "torchdiffeq", None)
    with pytest.raises(MatchZooError, match="adaptive: needs torchdiffeq"):
        solver.solve(ring_field, transport["field_x"])


@pytest.mark.parametrize("kind", FIXED.values())
def test_gradients_pass(kind: type):
    rate = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    x = torch.ones(2, 1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda rate: kind(steps=3).solve(lambda x, t: rate * x, x), rate)
