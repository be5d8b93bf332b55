"""Convex quadratic programs in a box, the mean of the variables bounded: those of constrained density ratios."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double

SWEEPS = 4
"""Rounds of gradient steps and of attempts to finish, before the active-set method that changes one bound at a time."""
GRADIENT_STEPS = 25
"""Accelerated gradient steps a round."""
SLACK = 1e-13
"""Of the largest |c|: slopes below it count as 0."""
CHANGES = 30
"""Changes of the active set in one attempt, at most."""


def minimize_in_box(
    matrix: torch.Tensor,
    linear: torch.Tensor,
    bound: float | None = None,
    mean: tuple[float, float] | None = None,
    start: torch.Tensor | None = None,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """The minimizer of ½ rᵀ A r − cᵀ r subject to 0 ≤ r ≤ bound and low ≤ mean(r) ≤ high.

    Accelerated projected gradients (FISTA with restarts) find which bounds hold with equality; a primal-dual active-set
    method then solves for the rest and checks the optimality conditions, so that the result is exact to the rounding
    of that linear system. Where it does not settle, or from a ``start``, a primal active-set method changes one bound
    at a time instead. All of it is done in float64. The result is differentiable in A and c where no variable changes
    between bound and free.

    Args:
        matrix: A [m, m], symmetric and positive definite.
        linear: c [m].
        bound: upper bound of every variable; none if None.
        mean: bounds of the mean of the variables, which the box must allow; none if None.
        start: a point of the box near the minimizer, for ill-conditioned A; only without ``mean``.
        weights: of the variables in their mean Σ w_i r_i / Σ w_i, [m] above 0; equal ones if not given.

    Returns:
        [m], float64, on the matrix' device (the CPU where that has no float64).

    Raises:
        MatchZooError: the constraints exclude each other, or the active set was not found.
    """
    a, c = double(matrix), double(linear)
    top = float("inf") if bound is None else bound
    low, high = (-float("inf"), float("inf")) if mean is None else mean
    if low > high or low > top or high < 0:
        raise MatchZooError(f"no r with 0 <= r <= {top} has a mean between {low} and {high}")
    w = torch.ones_like(c) if weights is None else double(weights)
    with torch.no_grad():
        total: float | None = None
        free, value = _active_set(a, c, top, total, w) if start is None else _walk(a, c, start, top, total, w)
        count = len(c) if weights is None else w.sum().item()
        current = value.mean().item() if weights is None else (w @ value).item() / count
        if not low <= current <= high:  # by convexity that side then holds with equality
            total = (high if current > high else low) * count
            free, value = _active_set(a, c, top, total, w)
        fixed = torch.where(free, 0.0, value)
    rows = free.nonzero().flatten()
    solved = _on_free(a, c, rows, fixed, total, w)
    return fixed.index_put((rows,), solved)


def _on_free(
    a: torch.Tensor, c: torch.Tensor, rows: torch.Tensor, fixed: torch.Tensor, total: float | None, w: torch.Tensor
) -> torch.Tensor:
    """The free variables, given the others; their weighted sum completes ``total``."""
    system, right = a[rows][:, rows], (c - a @ fixed)[rows]
    if total is None:
        return torch.linalg.solve(system, right)
    weights = w[rows]
    both = torch.linalg.solve(system, torch.stack([right, weights], 1))
    multiplier = ((weights * both[:, 0]).sum() - (total - (w * fixed).sum())) / (weights * both[:, 1]).sum()
    return both[:, 0] - multiplier * both[:, 1]


def _active_set(
    a: torch.Tensor, c: torch.Tensor, top: float, total: float | None, w: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Which variables are free, and all values."""
    rate = 1 / a.abs().sum(1).max()
    r = _project(c / a.diagonal(), top, total, w)
    for _ in range(SWEEPS):
        solution = _attempt(a, c, r, top, total, w)
        if solution is not None:
            return solution
        ahead, momentum = r, 1.0
        for _ in range(GRADIENT_STEPS):
            new = _project(ahead - rate * (a @ ahead - c), top, total, w)
            if ((ahead - new) @ (new - r)) > 0:  # against the motion: restart the acceleration
                momentum = 1.0
            grown = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
            ahead, r, momentum = new + (momentum - 1) / grown * (new - r), new, grown
    return _walk(a, c, r, top, total, w)


def _attempt(
    a: torch.Tensor, c: torch.Tensor, r: torch.Tensor, top: float, total: float | None, w: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The primal-dual active-set method from a guess; None if it does not settle."""
    slope = a @ r - c
    if total is not None:
        slope = slope - w * _multiplier(slope / w, r, (r > 0) & (r < top))
    scale = a.diagonal()
    before: tuple[torch.Tensor, torch.Tensor] | None = None
    for _ in range(CHANGES):
        above = (r - slope / scale) >= top
        free = ((r - slope / scale) > 0) & ~above
        if before is not None and torch.equal(free, before[0]) and torch.equal(above, before[1]):
            return free, r
        if total is not None and not free.any():
            return None
        before = free, above
        rows = free.nonzero().flatten()
        r = torch.zeros_like(r).masked_fill(above, top if above.any() else 0.0)
        r[rows] = _on_free(a, c, rows, r, total, w)
        slope = a @ r - c
        if total is not None:
            slope = slope - w * (slope[rows] / w[rows]).mean()  # the multiplier of the sum: every free variable's slope
        slope[rows] = 0
    return None


def _walk(
    a: torch.Tensor, c: torch.Tensor, r: torch.Tensor, top: float, total: float | None, w: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The primal active-set method from a feasible point: one bound at a time, never uphill, so it cannot cycle."""
    free = (r > 0) & (r < top)
    for _ in range(20 * len(r)):
        rows = free.nonzero().flatten()
        if len(rows):
            wanted = _on_free(a, c, rows, torch.where(free, 0.0, r), total, w)
            motion = wanted - r[rows]
            room = torch.where(motion < 0, -r[rows] / motion, (top - r[rows]) / motion)
            room = torch.where(motion == 0, torch.inf, room)
            share, first = room.min(0)
            if share < 1:
                r = r.index_put((rows,), r[rows] + share * motion)
                r[rows[first]] = 0.0 if motion[first] < 0 else top
                free[rows[first]] = False
                continue
            r = r.index_put((rows,), wanted)
        slope = a @ r - c
        if total is not None:
            slope = slope - w * _multiplier(slope / w, r, free)
        wrong = torch.where(free, 0.0, torch.where(r > 0, slope, -slope))  # how much leaving the bound would gain
        gain, which = wrong.max(0)
        if gain <= SLACK * c.abs().max():
            return free, r
        free[which] = True
    raise MatchZooError("constrained ratio: the quadratic program was not solved; raise the ridge")


def _multiplier(slope: torch.Tensor, r: torch.Tensor, free: torch.Tensor) -> torch.Tensor:
    """The multiplier of the sum: the slope, over its weight, of every free variable; where none is, between those at
    either bound."""
    if free.any():
        return slope[free].mean()
    zero, above = slope[r == 0], slope[r > 0]
    ends = ([zero.min()] if len(zero) else []) + ([above.max()] if len(above) else [])
    return torch.stack(ends).mean()


def _project(r: torch.Tensor, top: float, total: float | None, w: torch.Tensor) -> torch.Tensor:
    """The nearest point of the box, of the given weighted sum."""
    if total is None:
        return r.clamp(0, top)
    low, high = ((r - total / w.sum() - 1) / w).min(), (r / w).max()  # bisection for the multiplier
    for _ in range(60):
        middle = (low + high) / 2
        large = (w * (r - middle * w).clamp(0, top)).sum() > total
        low, high = torch.where(large, middle, low), torch.where(large, high, middle)
    return (r - (low + high) / 2 * w).clamp(0, top)
