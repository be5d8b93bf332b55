"""Entropic transport that may leave mass where it is, at a price."""

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
from matchzoo.models.transport.kernel_scaling import kernel, softmin, strengths
from matchzoo.models.transport.plan import Plan
from matchzoo.models.transport.plan_solver import PlanSolver

ITERATIONS = 10_000


def unbalanced_plan(
    cost: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    *,
    strength: float = 1.0,
    epsilon: Epsilon = "0.05*mean",
    tolerance: float = 1e-6,
    iterations: int = ITERATIONS,
) -> Plan:
    """The entropic plan whose marginals are soft, min ⟨π, C⟩ + ε KL(π | a ⊗ b) + ρ KL(π 1 | a) + ρ KL(πᵀ 1 | b).

    KL is that of measures, Σ p log(p / q) − p + q, so weights need not have a sum of 1, nor the same sum. Mass is moved
    where that is cheaper than about ρ, and left where it is not: outliers get no partner. Each iteration ends with the
    shift of both potentials that is best for the dual, without which ρ ≫ ε takes very many.

    Args:
        cost: C [n, m].
        a: [n], as they are; equal of sum 1 if not given.
        b: [m], likewise.
        strength: ρ > 0, in units of the cost; toward infinity the plan is that of `sinkhorn_plan`.
        epsilon: ε, as in `sinkhorn_plan`.
        tolerance: of the potentials, in units of ε.
        iterations: at most.

    Raises:
        MatchZooError: costs that are not finite, no mass, or potentials that are not within the tolerance.

    Source: Chizat et al., Scaling algorithms for unbalanced optimal transport problems, Mathematics of Computation
        2018; Séjourné et al., Faster unbalanced optimal transport, AISTATS 2022 (the shift).
    """
    costs = check_cost(cost)
    n, m = costs.shape
    first, second = (shares(w, size, costs, name, scaled=False) for w, size, name in ((a, n, "a"), (b, m, "b")))
    held_a, held_b = first.detach(), second.detach()
    eps = absolute_epsilon(epsilon, [costs])
    f, g, count = torch.zeros_like(held_a), torch.zeros_like(held_b), 0
    for scale in strengths(costs, eps):
        last = scale == eps
        limit = (tolerance, iterations) if last else (max(tolerance, 1e-3), min(100, iterations))
        f, g, steps, change = _soft_balance(costs, held_a, held_b, f, g, scale, strength, *limit)
        count += steps
    if not change <= tolerance:
        raise MatchZooError(
            f"unbalanced transport: potentials still change by {change:.2g} epsilon after {count} iterations, expected "
            f"{tolerance:g} at most; raise epsilon (it is {eps:.3g}), tolerance or iterations"
        )

    scaling = kernel(costs, f, g, eps)
    coupling = scaling * held_a[:, None] * held_b
    rows, columns = coupling.sum(1), coupling.sum(0)
    linear = (coupling * costs).sum()
    within = (rows @ f + columns @ g - linear) + eps * (held_a.sum() * held_b.sum() - coupling.sum())
    primal = linear + within + strength * (_divergence(rows, held_a) + _divergence(columns, held_b))
    soft = [strength * -torch.expm1(-potential / strength) for potential in (f, g)]
    dual = held_a @ soft[0] + held_b @ soft[1] + eps * (held_a.sum() * held_b.sum() - coupling.sum())
    slopes = (
        soft[0] + eps * (held_b.sum() - scaling @ held_b),
        soft[1] + eps * (held_a.sum() - scaling.T @ held_a),
    )
    value = with_gradients(dual, (cost, coupling), (first, slopes[0]), (second, slopes[1]))
    return Plan(
        coupling=coupling,
        cost=linear.item(),
        value=value,
        weights=(held_a, held_b),
        potentials=(f, g),
        iterations=count,
        gap=(primal - dual).item(),
    )


def _divergence(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Σ p log(p / q) − p + q of measures [n], where p is 0 if q is."""
    return torch.xlogy(p, p / q.clamp_min(torch.finfo(q.dtype).tiny)).sum() - p.sum() + q.sum()


def _soft_balance(
    cost: torch.Tensor,
    a: torch.Tensor,
    b: torch.Tensor,
    f: torch.Tensor,
    g: torch.Tensor,
    epsilon: float,
    strength: float,
    tolerance: float,
    iterations: int,
) -> tuple[torch.Tensor, torch.Tensor, int, float]:
    """Potentials, iterations, and how much f still changed, in units of ε; in the log domain, as mass may vanish."""
    damping = strength / (strength + epsilon)
    of_rows, of_columns = a.log(), b.log()
    count, change = 0, float("inf")
    while count < iterations and not change <= tolerance:
        count, before = count + 1, f
        f = damping * softmin(cost, g, of_columns, epsilon)
        g = damping * softmin(cost.T, f, of_rows, epsilon)
        shift = strength / 2 * (_log_mean(a, -f / strength) - _log_mean(b, -g / strength))
        f, g = f + shift, g - shift
        change = ((f - before).abs().amax() / epsilon).item()
    return f, g, count, change


def _log_mean(weights: torch.Tensor, exponents: torch.Tensor) -> torch.Tensor:
    """log Σ w exp(e) of weights and exponents [n]."""
    return (weights.log() + exponents).logsumexp(0)


@declare("unbalanced")
class Unbalanced(PlanSolver):
    """`unbalanced_plan`: entropic transport with soft marginals.

    Source: Chizat et al., Scaling algorithms for unbalanced optimal transport problems, Mathematics of Computation
        2018.
    """

    strength: float = attrs.field(default=1.0, validator=positive())
    """ρ of the divergences of the marginals, in units of the cost: about what it may cost to move a unit of mass."""
    epsilon: Epsilon = attrs.field(default="0.05*mean", validator=check_epsilon)
    """ε, the strength of the entropy: a number, or a multiple of the mean or the largest cost."""
    tolerance: float = attrs.field(default=1e-6, validator=positive())
    """Of the potentials, in units of ε."""
    iterations: int = attrs.field(default=ITERATIONS, validator=at_least(1))
    """At most; where they are not enough, that is an error."""

    def solve(self, cost: torch.Tensor, a: torch.Tensor | None = None, b: torch.Tensor | None = None) -> Plan:
        """`unbalanced_plan` for costs [n, m], of weights [n] and [m] as they are."""
        return unbalanced_plan(
            cost,
            a,
            b,
            strength=self.strength,
            epsilon=self.epsilon,
            tolerance=self.tolerance,
            iterations=self.iterations,
        )

    @checked
    def at_scale(self, x: torch.Tensor, y: torch.Tensor, cost: Cost = "squared") -> "Unbalanced":
        """With `epsilon` as a number, of costs within points ``x`` [n, …]."""
        strength = epsilon_within(self.epsilon, x, y, cost)
        return Unbalanced(
            strength=self.strength, epsilon=strength, tolerance=self.tolerance, iterations=self.iterations
        )
