"""Plans of optimal transport between two sets, and their solvers."""

from matchzoo.transport.blockwise import BlockwisePlan, blockwise_plan
from matchzoo.transport.costs import Cost, Epsilon, cost_matrix, epsilon_within
from matchzoo.transport.exact import Exact, exact_plan
from matchzoo.transport.gaussian import bures, gaussian_cost, gaussian_map
from matchzoo.transport.gromov import gromov_plan
from matchzoo.transport.line import line_cost, line_plan, random_directions, sliced_cost
from matchzoo.transport.plan import Plan
from matchzoo.transport.plan_solver import PlanSolver
from matchzoo.transport.quadratic_assignment import quadratic_assignment
from matchzoo.transport.sinkhorn import Sinkhorn, sinkhorn_plan, sinkhorn_value_within
from matchzoo.transport.sparse import Sparse, sparse_plan
from matchzoo.transport.unbalanced import Unbalanced, unbalanced_plan

__all__ = [
    "BlockwisePlan",
    "Cost",
    "Epsilon",
    "Exact",
    "Plan",
    "PlanSolver",
    "Sinkhorn",
    "Sparse",
    "Unbalanced",
    "blockwise_plan",
    "bures",
    "cost_matrix",
    "epsilon_within",
    "exact_plan",
    "gaussian_cost",
    "gaussian_map",
    "gromov_plan",
    "line_cost",
    "line_plan",
    "quadratic_assignment",
    "random_directions",
    "sinkhorn_plan",
    "sinkhorn_value_within",
    "sliced_cost",
    "sparse_plan",
    "unbalanced_plan",
]
