"""Plans of optimal transport between two sets, and their solvers."""

from matchzoo.models.transport.blockwise import BlockwisePlan, blockwise_plan
from matchzoo.models.transport.costs import Cost, Epsilon, cost_matrix, epsilon_within
from matchzoo.models.transport.exact import Exact, exact_plan
from matchzoo.models.transport.gaussian import bures, gaussian_cost, gaussian_map
from matchzoo.models.transport.gromov import gromov_plan
from matchzoo.models.transport.line import line_cost, line_plan, random_directions, sliced_cost
from matchzoo.models.transport.plan import Plan
from matchzoo.models.transport.plan_solver import PlanSolver
from matchzoo.models.transport.quadratic_assignment import perturbed_assignment, quadratic_assignment
from matchzoo.models.transport.sinkhorn import Sinkhorn, sinkhorn_plan, sinkhorn_value_within
from matchzoo.models.transport.sparse import Sparse, sparse_plan
from matchzoo.models.transport.unbalanced import Unbalanced, unbalanced_plan

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
    "perturbed_assignment",
    "quadratic_assignment",
    "random_directions",
    "sinkhorn_plan",
    "sinkhorn_value_within",
    "sliced_cost",
    "sparse_plan",
    "unbalanced_plan",
]
