"""Optimal transport as the linear program that it is."""

import importlib.util
import warnings
from typing import Any

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport.costs import check_cost, shares
from matchzoo.models.transport.envelope import with_gradients
from matchzoo.models.transport.plan import Plan
from matchzoo.models.transport.plan_solver import PlanSolver

STEPS = 10_000_000
"""Pivots of the network simplex, at most."""
INSTALL = 'pip install "matchzoo-torch[transport]"'


def exact_plan(cost: torch.Tensor, a: torch.Tensor | None = None, b: torch.Tensor | None = None) -> Plan:
    """The plan of least cost, min ⟨π, C⟩ over π ≥ 0 with π 1 = a and πᵀ 1 = b.

    Sets of one size with equal weights are an assignment, which SciPy solves; others take the network simplex of POT
    (``pip install "matchzoo-torch[transport]"``), which has potentials too. On the CPU, in float64: of n = m = 1000 in
    about a second.

    Args:
        cost: C [n, m].
        a: [n], scaled to a sum of 1; equal if not given.
        b: [m], likewise.

    Raises:
        MatchZooError: costs that are not finite, no mass, or a library that is missing.
    """
    costs = check_cost(cost)
    n, m = costs.shape
    first, second = shares(a, n, costs, "a"), shares(b, m, costs, "b")
    if a is None and b is None and n == m:
        coupling = torch.zeros_like(costs)
        columns = torch.from_numpy(assignment(costs)).to(costs.device)
        coupling[torch.arange(n, device=costs.device), columns] = 1 / n
        potentials, gap = None, None
        slopes: tuple[tuple[torch.Tensor, torch.Tensor], ...] = ()
    else:
        coupling, potentials = _simplex(costs, first.detach(), second.detach())
        slopes = ((first, potentials[0]), (second, potentials[1]))
        gap = ((coupling * costs).sum() - first.detach() @ potentials[0] - second.detach() @ potentials[1]).item()
    total = (coupling * costs).sum()
    value = with_gradients(total, (cost, coupling), *slopes)
    marginals = (first.detach(), second.detach())
    return Plan(coupling=coupling, cost=total.item(), value=value, weights=marginals, potentials=potentials, gap=gap)


def can_assign() -> bool:
    """Whether SciPy is installed, which solves assignments."""
    return importlib.util.find_spec("scipy") is not None


def assignment(cost: torch.Tensor) -> Any:
    """The column of every row [n] (NumPy, int64) of the assignment of least cost, for costs [n, n]."""
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError:
        raise MatchZooError(f"an assignment needs SciPy: {INSTALL}") from None
    return linear_sum_assignment(cost.cpu().numpy())[1]


def _simplex(
    cost: torch.Tensor, a: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """The coupling [n, m] and the potentials [n] and [m] by POT's network simplex."""
    try:
        from ot.lp import emd
    except ImportError:
        message = f"exact transport of weighted sets or of sets of different sizes needs POT: {INSTALL}"
        raise MatchZooError(f'{message}; or use kind = "sinkhorn"') from None
    first, second, costs = (x.cpu().numpy() for x in (a, b, cost))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told below, as an error
        coupling, log = emd(first, second, costs, numItermax=STEPS, log=True)
    if log["warning"] is not None:
        raise MatchZooError(f"exact transport: the network simplex did not end well: {log['warning']}")
    plan, f, g = (torch.from_numpy(x).to(cost) for x in (coupling, log["u"], log["v"]))
    return plan, (f, g)


@declare("exact")
class Exact(PlanSolver):
    """`exact_plan`: the linear program itself, for up to a few thousand points."""

    def solve(self, cost: torch.Tensor, a: torch.Tensor | None = None, b: torch.Tensor | None = None) -> Plan:
        """`exact_plan`."""
        return exact_plan(cost, a, b)
