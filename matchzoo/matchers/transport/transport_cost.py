"""The cost of optimal transport between two sets."""

from collections.abc import Sequence

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.models.transport import Cost, Exact, PlanSolver, cost_matrix


@declare("transport-cost")
class TransportCost(Matcher):
    """What a solver minimizes: with ``exact`` and squared costs W₂², with ``sinkhorn`` OT_ε, which is not 0 for equal
    sets (`SinkhornDivergence` is).

    The plan is that of this batch: its mean over batches is more than the cost between distributions, the more so the
    smaller the batch and the higher the dimension.

    Examples:
        >>> TransportCost()(torch.randn(64, 2), torch.randn(64, 2) + 1)  # W₂², a scalar
    """

    solver: PlanSolver = attrs.Factory(Exact)
    """Of the plan; an ε that is relative to a cost takes that within the first set."""
    cost: Cost = "squared"
    """Of a pair of points: |x − y|² or |x − y|."""

    @property
    def uses_sample_weights(self) -> bool:
        """Always."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The value of the plan, with the plan and its diagnostics."""
        first, second = sets
        between = cost_matrix(first.values, second.values, self.cost)
        solver = self.solver.at_scale(first.values, second.values, self.cost)
        plan = solver.solve(between, first.weights, second.weights)
        value, plan = plan.value.to(between), plan.detached()
        return Discrepancy(value, lambda _: plan.diagnostics(), plan=plan)
