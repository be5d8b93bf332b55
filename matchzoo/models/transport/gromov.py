"""Gromov–Wasserstein transport: sets are compared by distances within them, and may lie in different spaces."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport.costs import check_cost, shares
from matchzoo.models.transport.envelope import with_gradients
from matchzoo.models.transport.exact import exact_plan
from matchzoo.models.transport.line import line_plan
from matchzoo.models.transport.plan import Plan

ITERATIONS = 100


def gromov_plan(
    first: torch.Tensor,
    second: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    *,
    iterations: int = ITERATIONS,
    tolerance: float = 1e-9,
) -> Plan:
    """A plan that keeps distances: a stationary point of GW(π) = Σ_ijkl (C_ik − D_jl)² π_ij π_kl.

    Conditional gradient: exact transport for the gradient as costs, then the best point of the segment, which is a
    quadratic's. As the problem is not convex, it starts both from a ⊗ b and from the plan between mean distances (which
    finds a set's own image under an isometry where those differ), and keeps the better end. No claim that it is the
    global optimum.

    Args:
        first: C [n, n], symmetric.
        second: D [m, m], symmetric.
        a: [n], scaled to a sum of 1; equal if not given.
        b: [m], likewise.
        iterations: at most, for each start.
        tolerance: of the value's relative decrease.

    Returns:
        The plan; ``value`` is GW, differentiable in C, D and no weights, and ``cost`` the same number.

    Raises:
        MatchZooError: matrices that are not square or not finite, no mass, or a library that is missing.

    Source: Mémoli, Gromov–Wasserstein distances and the metric approach to object matching, 2011; Vayer et al., Optimal
        transport for structured data with application on graphs, ICML 2019 (conditional gradient).
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[0] != first.shape[1] or second.shape[0] != second.shape[1]:
        got = f"{list(first.shape)} and {list(second.shape)}"
        raise MatchZooError(f"gromov: expected distances within each set, [n, n] and [m, m], got {got}")
    C, D = check_cost(first), check_cost(second)
    weights = shares(a, len(C), C, "a").detach(), shares(b, len(D), D, "b").detach()
    equal = a is None and b is None
    constant = (C.square() @ weights[0])[:, None] + D.square() @ weights[1]

    def product(coupling: torch.Tensor) -> torch.Tensor:
        return C @ coupling @ D

    def value(coupling: torch.Tensor) -> torch.Tensor:
        return ((constant - 2 * product(coupling)) * coupling).sum()

    def descend(coupling: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, int]:
        reached, count = value(coupling), 0
        while count < iterations:
            count += 1
            slope = 2 * (constant - 2 * product(coupling))
            vertex = exact_plan(slope, *(() if equal else weights)).coupling
            direction = vertex - coupling
            linear, bend = (slope * direction).sum(), -2 * (product(direction) * direction).sum()
            step = 1.0 if bend <= 0 else min(1.0, max(0.0, (-linear / (2 * bend)).item()))
            if bend <= 0 and linear + bend >= 0:
                step = 0.0
            moved = coupling + step * direction
            after = value(moved)
            if not after < reached - tolerance * reached.abs():
                break
            coupling, reached = moved, after
        return coupling, reached, count

    means = C @ weights[0], D @ weights[1]
    starts = torch.outer(*weights), line_plan(*means, *weights).coupling
    ends = [descend(start) for start in starts]
    coupling, reached, _ = min(ends, key=lambda end: end[1].item())
    rows, columns = coupling.sum(1), coupling.sum(0)
    slopes = (
        2 * (C * torch.outer(rows, rows) - coupling @ D @ coupling.T),
        2 * (D * torch.outer(columns, columns) - coupling.T @ C @ coupling),
    )
    reached = reached.clamp_min(0)
    differentiable = with_gradients(reached, (first, slopes[0]), (second, slopes[1]))
    count = sum(end[2] for end in ends)
    return Plan(coupling=coupling, cost=reached.item(), value=differentiable, weights=weights, iterations=count)
