"""The Monge gap: how far a map is from moving its samples as cheaply as can be."""

from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples, as_samples
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.models.transport import Cost, Exact, Plan, PlanSolver, Sinkhorn, cost_matrix
from matchzoo.models.transport.exact import can_assign


@checked
def monge_gap(
    x: torch.Tensor | Samples, mapped: torch.Tensor | Samples, solver: PlanSolver | None = None, cost: Cost = "squared"
) -> tuple[torch.Tensor, Plan]:
    """M = Σ_i a_i c(x_i, T(x_i)) − OT(x, T(x)), and the plan of the second term.

    With an exact solver it is not negative, and 0 if and only if no other pairing of these points is cheaper: if T is
    a gradient of a convex function, where costs are squared. With an entropic one its gradient is smoother and its
    value biased: by the convention of `matchzoo.models.transport.sinkhorn_plan` it is below the exact one by as much as
    OT_ε is above OT, up to ε log n, also for the identity. (By the convention ⟨π, C⟩ − ε H(π) it is above it; the
    gradients are equal.) So report the exact gap, and train on the other.

    Args:
        x: samples, values [n, …], with weights or without.
        mapped: their images [n, …], row by row.
        solver: of the plan; exact if not given. An ε that is relative to a cost takes that within ``x``.
        cost: of a pair of points.

    Raises:
        MatchZooError: the sets are not of one shape, or the solver's.

    Source: Uscidda and Cuturi, The Monge gap: a regularizer to learn all transport maps, ICML 2023, equation 5.
    """
    first, second = as_samples(x), as_samples(mapped)
    if first.values.shape != second.values.shape:
        shapes = f"{list(first.values.shape)} and {list(second.values.shape)}"
        raise MatchZooError(f"monge gap: expected samples and their images of one shape, row by row, got {shapes}")
    costs = cost_matrix(first.values, second.values, cost)
    chosen = (solver or Exact()).at_scale(first.values, second.values, cost)
    plan = chosen.solve(costs, first.weights, first.weights)
    moved = double(costs.diagonal())
    if first.weights is None:
        return (moved.mean() - plan.value).to(costs), plan
    weights = double(first.weights)
    return ((weights * moved).sum() / weights.sum() - plan.value).to(costs), plan


@declare("monge-gap")
class MongeGap(Matcher):
    """`monge_gap` of what a map makes of its source: a penalty that leaves, of all maps that fit, the one of optimal
    transport.

    Examples:
        >>> MongeGap(solver=Exact())(x, network(x))  # [n, d] each; a scalar

    Source: Uscidda and Cuturi, The Monge gap: a regularizer to learn all transport maps, ICML 2023.
    """

    default_sets: ClassVar[tuple[str, ...]] = ("source", "synthetic")
    solver: PlanSolver = attrs.Factory(lambda: Sinkhorn(epsilon="0.05*mean", tolerance=1e-3))
    """Of the cheapest pairing; an ε that is relative to a cost takes that within the source, which no player moves."""
    cost: Cost = "squared"
    """Of a pair of points: |x − y|² or |x − y|."""

    @property
    def uses_sample_weights(self) -> bool:
        """Always; those of the source."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The gap, with the plan and its diagnostics; thorough ones have ``exact_gap``, where SciPy is installed and
        samples have no weights."""
        value, plan = monge_gap(sets[0], sets[1], self.solver, self.cost)
        plan = plan.detached()
        first, second = (Samples(samples.values.detach(), weights=samples.weights) for samples in sets)

        def measure(thorough: bool) -> dict[str, float]:
            measured = plan.diagnostics()
            if thorough and first.weights is None and can_assign():
                measured["exact_gap"] = monge_gap(first, second, Exact(), self.cost)[0].item()
            return measured

        return Discrepancy(value, measure, plan=plan)
