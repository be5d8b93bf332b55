"""Entropic optimal transport by Sinkhorn's iterations."""

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport.costs import (
    Cost,
    Epsilon,
    absolute_epsilon,
    check_cost,
    check_epsilon,
    epsilon_within,
    shares,
)
from matchzoo.models.transport.envelope import with_gradients
from matchzoo.models.transport.kernel_scaling import balance, balance_itself, kernel
from matchzoo.models.transport.plan import Plan
from matchzoo.models.transport.plan_solver import PlanSolver

ITERATIONS = 10_000


def sinkhorn_plan(
    cost: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    *,
    epsilon: Epsilon = "0.05*mean",
    tolerance: float = 1e-6,
    iterations: int = ITERATIONS,
) -> Plan:
    """The entropic plan, OT_ε = min ⟨π, C⟩ + ε KL(π | a ⊗ b) over π with π 1 = a and πᵀ 1 = b.

    π_ij = a_i b_j exp((f_i + g_j − C_ij) / ε), and the value is ⟨a, f⟩ + ⟨b, g⟩. Other libraries differ: a cost with a
    factor ½, an entropy in place of the divergence (the value less ε (H(a) + H(b))), or ⟨π, C⟩ alone.

    Potentials start in the log domain, with ε halved from the largest cost down, and go on in the domain of the kernel
    K = exp((f + g − C) / ε), by over-relaxed iterations whose factors are absorbed into f and g before they grow out of
    float64's range. The gradient is that of the envelope theorem, so no iteration is kept.

    Args:
        cost: C [n, m].
        a: [n], scaled to a sum of 1; equal if not given.
        b: [m], likewise.
        epsilon: ε, a number or a multiple of a cost such as ``"0.05*mean"``.
        tolerance: of the marginals, Σ |π 1 − a| + Σ |πᵀ 1 − b|.
        iterations: at most.

    Raises:
        MatchZooError: costs that are not finite, no mass, or marginals that are not within the tolerance.

    Source: Cuturi, Sinkhorn distances, NeurIPS 2013; Schmitzer, Stabilized sparse scaling algorithms, SIAM Journal on
        Scientific Computing 2019 (absorption, ε scaling); Thibault et al., Overrelaxed Sinkhorn-Knopp, Algorithms 2021.
    """
    costs = check_cost(cost)
    first, second = shares(a, costs.shape[0], costs, "a"), shares(b, costs.shape[1], costs, "b")
    weights = (first.detach(), second.detach())
    strength = absolute_epsilon(epsilon, [costs])
    f, g, count, error = balance(costs, *weights, strength, tolerance, iterations)
    check_marginals(error, tolerance, strength, count)

    coupling = kernel(costs, f, g, strength).mul_(weights[0][:, None]).mul_(weights[1])
    linear = (coupling * costs).sum().item()
    mass = coupling.sum(1)
    dual = weights[0] @ f + weights[1] @ g
    primal = (mass @ f + coupling.sum(0) @ g).item()  # ⟨π, C⟩ + ε KL, as the logarithm of π is known
    value = with_gradients(dual, (cost, coupling), (first, f), (second, g))
    return Plan(
        coupling=coupling,
        cost=linear,
        value=value,
        weights=weights,
        potentials=(f, g),
        iterations=count,
        gap=primal - dual.item(),
    )


def sinkhorn_value_within(
    cost: torch.Tensor,
    a: torch.Tensor | None = None,
    *,
    epsilon: Epsilon = "0.05*mean",
    tolerance: float = 1e-6,
    iterations: int = ITERATIONS,
) -> torch.Tensor:
    """OT_ε of a weighted set with itself: a scalar in float64, differentiable as `sinkhorn_plan`'s value.

    As the problem is symmetric, one potential f serves both sides, and averaged iterations u ← √(u / K a u) converge
    in a few steps.

    Args:
        cost: C [n, n], symmetric.
        a: [n], scaled to a sum of 1; equal if not given.
        epsilon: as in `sinkhorn_plan`.
        tolerance: of the marginals.
        iterations: at most.
    """
    costs = check_cost(cost)
    weights = shares(a, len(costs), costs, "a")
    held = weights.detach()
    strength = absolute_epsilon(epsilon, [costs])
    f, count, error = balance_itself(costs, held, strength, tolerance, iterations)
    check_marginals(error, tolerance, strength, count)
    coupling = kernel(costs, f, f, strength).mul_(held[:, None]).mul_(held)
    dual = 2 * (held @ f) - strength * (coupling.sum() - 1)
    return with_gradients(dual, (cost, coupling), (weights, 2 * f))


def check_marginals(error: float, tolerance: float, epsilon: float, count: int) -> None:
    """Raise where the iterations ended before their marginals were within the tolerance."""
    if not error <= tolerance:
        raise MatchZooError(
            f"sinkhorn: the marginals are {error:.2g} off after {count} iterations with epsilon = {epsilon:.3g}, "
            f"expected {tolerance:g} at most; raise epsilon (small ones are slow), tolerance or iterations"
        )


@declare("sinkhorn")
class Sinkhorn(PlanSolver):
    """`sinkhorn_plan`: entropic transport, smooth in the points.

    Source: Cuturi, Sinkhorn distances, NeurIPS 2013.
    """

    epsilon: Epsilon = attrs.field(default="0.05*mean", validator=check_epsilon)
    """ε, the strength of the entropy: a number, or a multiple of the mean or the largest cost, such as "0.05*mean"."""
    tolerance: float = attrs.field(default=1e-6, validator=positive())
    """Of the marginals, in units of the whole mass."""
    iterations: int = attrs.field(default=ITERATIONS, validator=at_least(1))
    """At most; where they are not enough, that is an error."""

    def solve(self, cost: torch.Tensor, a: torch.Tensor | None = None, b: torch.Tensor | None = None) -> Plan:
        """`sinkhorn_plan`."""
        return sinkhorn_plan(cost, a, b, epsilon=self.epsilon, tolerance=self.tolerance, iterations=self.iterations)

    def within(self, cost: torch.Tensor, a: torch.Tensor | None = None) -> torch.Tensor:
        """`sinkhorn_value_within`, of costs [n, n]."""
        return sinkhorn_value_within(
            cost, a, epsilon=self.epsilon, tolerance=self.tolerance, iterations=self.iterations
        )

    @checked
    def at_scale(self, x: torch.Tensor, y: torch.Tensor, cost: Cost = "squared") -> "Sinkhorn":
        """With `epsilon` as a number."""
        strength = epsilon_within(self.epsilon, x, y, cost)
        return Sinkhorn(epsilon=strength, tolerance=self.tolerance, iterations=self.iterations)
