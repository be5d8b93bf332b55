"""The Gromov–Wasserstein discrepancy: sets of different spaces, compared by the distances within them."""

from collections.abc import Sequence

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.models.transport import Cost, cost_matrix, gromov_plan
from matchzoo.models.transport.gromov import ITERATIONS


@declare("gromov-wasserstein")
class GromovWasserstein(Matcher):
    """The value of `matchzoo.models.transport.gromov_plan`: how far two sets are from being images of each other under
    a map that keeps distances. 0 for sets that are rotated, mirrored or shifted; the dimensions may differ.

    A local optimum of a problem that is not convex, in time n³ for each iteration: for a few hundred samples. Sets of
    different sizes need ``pip install "matchzoo-torch[transport]"``.

    Examples:
        >>> GromovWasserstein()(torch.randn(30, 2), torch.randn(30, 5))  # a scalar

    Source: Mémoli, Gromov–Wasserstein distances and the metric approach to object matching, 2011.
    """

    cost: Cost = "squared"
    """Within each set: |x − x'|² or |x − x'|."""
    iterations: int = attrs.field(default=ITERATIONS, validator=at_least(1))
    """At most, from each of two starts."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The value, with the plan and its diagnostics."""
        first, second = (unweighted(samples, "gromov-wasserstein").values for samples in sets)
        within = cost_matrix(first, first, self.cost), cost_matrix(second, second, self.cost)
        plan = gromov_plan(*within, iterations=self.iterations)
        value, plan = plan.value.to(first), plan.detached()
        return Discrepancy(value, lambda _: plan.diagnostics(), plan=plan)
