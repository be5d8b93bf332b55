"""The Sinkhorn divergence: entropic transport less its own bias."""

from collections.abc import Sequence

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.samples import Samples, as_samples
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.models.transport import Cost, Epsilon, Plan, Sinkhorn, cost_matrix, epsilon_within
from matchzoo.models.transport.costs import check_epsilon
from matchzoo.models.transport.sinkhorn import ITERATIONS


@checked
def sinkhorn_divergence(
    x: torch.Tensor | Samples,
    y: torch.Tensor | Samples,
    epsilon: Epsilon = "0.05*mean",
    tolerance: float = 1e-6,
    *,
    cost: Cost = "squared",
    iterations: int = ITERATIONS,
) -> tuple[torch.Tensor, Plan]:
    """S_ε = OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y), and the plan between the sets.

    Not negative, 0 for equal sets and only for these, differentiable in points and weights; between W₂² (ε → 0) and the
    squared distance of the means (ε → ∞). All three terms are iterated until their marginals are right.

    Args:
        x: n samples, values [n, …], with weights or without.
        y: m samples, values [m, …].
        epsilon: ε; a multiple of a cost is of that within ``x``, without a gradient.
        tolerance: of the marginals, see `matchzoo.models.transport.sinkhorn_plan`; the error of the value is of its
            square.
        cost: of a pair of points.
        iterations: at most.

    Raises:
        MatchZooError: values that are not finite, or marginals that are not within the tolerance.

    Source: Feydy et al., Interpolating between optimal transport and MMD using Sinkhorn divergences, AISTATS 2019.
    """
    first, second = as_samples(x), as_samples(y)
    strength = epsilon_within(epsilon, first.values, second.values, cost)
    solver = Sinkhorn(epsilon=strength, tolerance=tolerance, iterations=iterations)
    plan = solver.solve(cost_matrix(first.values, second.values, cost), first.weights, second.weights)
    within = [
        solver.within(cost_matrix(samples.values, samples.values, cost), samples.weights) for samples in (first, second)
    ]
    return (plan.value - (within[0] + within[1]) / 2).to(first.values), plan


@declare("sinkhorn-divergence")
class SinkhornDivergence(Matcher):
    """`sinkhorn_divergence` of two sets.

    Examples:
        >>> SinkhornDivergence(epsilon=0.5)(torch.randn(64, 2), torch.randn(80, 2) + 1)  # a scalar

    Source: Feydy et al., Interpolating between optimal transport and MMD using Sinkhorn divergences, AISTATS 2019.
    """

    epsilon: Epsilon = attrs.field(default="0.05*mean", validator=check_epsilon)
    """ε, the strength of the entropy: a number, or a multiple of the mean or the largest cost within the first set,
    such as "0.05*mean"."""
    tolerance: float = attrs.field(default=1e-3, validator=positive())
    """Of the marginals; 1e-3 is enough for training."""
    cost: Cost = "squared"
    """Of a pair of points: |x − y|² or |x − y|."""
    iterations: int = attrs.field(default=ITERATIONS, validator=at_least(1))
    """At most; where they are not enough, that is an error."""

    @property
    def uses_sample_weights(self) -> bool:
        """Always."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The divergence, with the plan and its diagnostics."""
        value, plan = sinkhorn_divergence(
            sets[0], sets[1], self.epsilon, self.tolerance, cost=self.cost, iterations=self.iterations
        )
        plan = plan.detached()
        return Discrepancy(value, lambda _: plan.diagnostics(), plan=plan)
