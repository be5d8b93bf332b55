"""Plans in which every target point takes from a few source points."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport.costs import check_cost, shares
from matchzoo.models.transport.envelope import with_gradients
from matchzoo.models.transport.exact import assignment
from matchzoo.models.transport.plan import Plan
from matchzoo.models.transport.plan_solver import PlanSolver

ITERATIONS = 500


def sparse_plan(
    cost: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    *,
    nonzeros: int = 2,
    strength: float = 1.0,
    tolerance: float = 1e-3,
    iterations: int = ITERATIONS,
) -> Plan:
    """The plan with at most k nonzeros in each column that minimizes ⟨π, C⟩ + γ/2 ‖π‖².

    Of equal weights and n = k · m every such plan is an assignment of k source points to each target point, and the
    best one is that of an `exact_plan`. Else it is found by the semi-dual, max_α ⟨α, a⟩ − Σ_j max_q ⟨α − C_j, q⟩ −
    γ/2 ‖q‖² over columns q ≥ 0 of sum b_j with k nonzeros: keep the k largest of α − C_j, and project these on the
    simplex. Columns are exact. Rows are only if the dual is tight, **which it often is not**: it relaxes a constraint
    that is not convex, and where weights do not fit k its rows are off at every γ. Then this raises; ``plan.gap`` and
    ``plan.marginal_error`` say how tight it was, and a larger k helps.

    ``value`` is that of the dual, whose gradient in C is π; ⟨π, C⟩ + γ/2 ‖π‖² is ``value + gap``.

    Args:
        cost: C [n, m].
        a: [n], scaled to a sum of 1; equal if not given.
        b: [m], likewise.
        nonzeros: k, at least 1; with n it is transport with a quadratic penalty.
        strength: γ > 0, in units of the cost over those of a weight; small ones take more iterations.
        tolerance: of Σ |π 1 − a|; infinite to take what there is.
        iterations: of L-BFGS, at most.

    Raises:
        MatchZooError: costs that are not finite, no mass, or rows that are not within the tolerance.

    Source: Liu, Puigcerver and Blondel, Sparsity-constrained optimal transport, ICLR 2023.
    """
    costs = check_cost(cost)
    first, second = shares(a, costs.shape[0], costs, "a"), shares(b, costs.shape[1], costs, "b")
    held_a, held_b = first.detach(), second.detach()
    k = min(nonzeros, len(costs))
    if a is None and b is None and len(costs) == k * costs.shape[1]:
        return _assigned(cost, costs, (held_a, held_b), k, strength)
    alpha = torch.zeros_like(held_a).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [alpha],
        max_iter=iterations,
        history_size=30,
        tolerance_grad=1e-11,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def negative_dual() -> torch.Tensor:
        coupling, _ = _columns(costs, alpha.detach(), held_b, k, strength)
        alpha.grad = coupling.sum(1) - held_a
        return -_dual(costs, alpha.detach(), held_a, coupling, strength)

    with torch.no_grad():
        optimizer.step(negative_dual)
    f = alpha.detach()
    coupling, g = _columns(costs, f, held_b, k, strength)
    error = (coupling.sum(1) - held_a).abs().sum().item()
    linear, penalty = (coupling * costs).sum(), strength / 2 * coupling.square().sum()
    dual = _dual(costs, f, held_a, coupling, strength)
    gap = (linear + penalty - dual).item()
    if not error <= tolerance:
        raise MatchZooError(
            f"sparse transport: rows miss their weights by {error:.2g} in all, expected {tolerance:g} at most: with "
            f"nonzeros = {nonzeros} the dual is not tight here (gap {gap:.2g}); raise nonzeros, take equal weights and "
            f"{nonzeros} source points for each target point, or raise tolerance to have what there is"
        )
    count = int(optimizer.state[alpha]["n_iter"])
    value = with_gradients(dual, (cost, coupling), (first, f), (second, g))
    weights = (held_a, held_b)
    return Plan(
        coupling=coupling,
        cost=linear.item(),
        value=value,
        weights=weights,
        potentials=(f, g),
        iterations=count,
        gap=gap,
    )


def _assigned(
    cost: torch.Tensor, costs: torch.Tensor, weights: tuple[torch.Tensor, torch.Tensor], k: int, strength: float
) -> Plan:
    """The assignment of k source points to each target point."""
    columns = torch.from_numpy(assignment(costs.repeat_interleave(k, 1)) // k).to(costs.device)
    coupling = torch.zeros_like(costs).scatter_(1, columns[:, None], 1 / len(costs))
    linear, penalty = (coupling * costs).sum(), strength / 2 * coupling.square().sum()
    value = with_gradients(linear + penalty, (cost, coupling))
    return Plan(coupling=coupling, cost=linear.item(), value=value, weights=weights)


def _columns(
    cost: torch.Tensor, alpha: torch.Tensor, b: torch.Tensor, k: int, strength: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The best columns [n, m] for a potential [n], and the other potential [m]."""
    scores, rows = ((alpha[:, None] - cost) / strength).topk(k, dim=0)
    excess = scores.cumsum(0) - b
    level = (excess / torch.arange(1, k + 1, device=cost.device)[:, None]).amax(0)  # of the projection on the simplex
    values = (scores - level).clamp_min(0)
    return torch.zeros_like(cost).scatter_(0, rows, values), -strength * level


def _dual(
    cost: torch.Tensor, alpha: torch.Tensor, a: torch.Tensor, coupling: torch.Tensor, strength: float
) -> torch.Tensor:
    """The semi-dual value of a potential [n] whose best columns are given."""
    return alpha @ a - ((alpha[:, None] - cost) * coupling).sum() + strength / 2 * coupling.square().sum()


@declare("sparse")
class Sparse(PlanSolver):
    """`sparse_plan`: at most k source points for each target point.

    Source: Liu, Puigcerver and Blondel, Sparsity-constrained optimal transport, ICLR 2023.
    """

    nonzeros: int = attrs.field(default=2, validator=at_least(1))
    """k, how many source points a target point takes from at most."""
    strength: float = attrs.field(default=1.0, validator=positive())
    """γ of the quadratic penalty."""
    tolerance: float = attrs.field(default=1e-3, validator=positive())
    """Of the weights of the source; beyond it the dual was not tight, which is an error."""
    iterations: int = attrs.field(default=ITERATIONS, validator=at_least(1))
    """Of L-BFGS, at most."""

    def solve(self, cost: torch.Tensor, a: torch.Tensor | None = None, b: torch.Tensor | None = None) -> Plan:
        """`sparse_plan` for costs [n, m], of weights [n] and [m]."""
        return sparse_plan(
            cost,
            a,
            b,
            nonzeros=self.nonzeros,
            strength=self.strength,
            tolerance=self.tolerance,
            iterations=self.iterations,
        )
