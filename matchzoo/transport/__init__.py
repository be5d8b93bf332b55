"""Plans of optimal transport between two sets, and their solvers."""

from matchzoo.transport.costs import Cost, Epsilon, cost_matrix, epsilon_within
from matchzoo.transport.exact import Exact, exact_plan
from matchzoo.transport.plan import Plan
from matchzoo.transport.plan_solver import PlanSolver
from matchzoo.transport.sinkhorn import Sinkhorn, sinkhorn_plan, sinkhorn_value_within

__all__ = [
    "Cost",
    "Epsilon",
    "Exact",
    "Plan",
    "PlanSolver",
    "Sinkhorn",
    "cost_matrix",
    "epsilon_within",
    "exact_plan",
    "sinkhorn_plan",
    "sinkhorn_value_within",
]
