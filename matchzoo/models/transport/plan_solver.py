"""The question of a plan solver: how is this mass to be moved?"""

from abc import ABC, abstractmethod
from typing import final

import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import family
from matchzoo.core.samples import Samples, as_samples
from matchzoo.models.transport.costs import Cost, cost_matrix
from matchzoo.models.transport.plan import Plan


@family("plan solver")
class PlanSolver(ABC):
    """A solver of optimal transport between two weighted sets of points.

    Called on points it gives the `Plan`; `solve` takes any matrix of costs. Values are differentiable in points, costs
    and weights by the envelope theorem, not through iterations; all is computed in float64.

    Examples:
        >>> Exact()(torch.rand(20, 2), torch.rand(20, 2)).cost
    """

    @abstractmethod
    def solve(self, cost: torch.Tensor, a: torch.Tensor | None = None, b: torch.Tensor | None = None) -> Plan:
        """The plan for costs [n, m] of weights a [n] and b [m], scaled to sums of 1; equal weights if not given."""

    @final
    def __call__(self, x: torch.Tensor | Samples, y: torch.Tensor | Samples, cost: Cost = "squared") -> Plan:
        """The plan from points [n, …] to points [m, …]; weights are those of `Samples`.

        Args:
            x: source points.
            y: target points.
            cost: of a pair of points.
        """
        first, second = as_samples(x), as_samples(y)
        costs = cost_matrix(first.values, first.values if y is x else second.values, cost)
        return self.solve(costs, first.weights, second.weights)

    @checked
    def at_scale(self, x: torch.Tensor, y: torch.Tensor, cost: Cost = "squared") -> "PlanSolver":
        """The same with what is relative to a cost as a number, taken of costs within ``x`` [n, …] so that it does not
        move with ``y`` [m, …]."""
        return self
