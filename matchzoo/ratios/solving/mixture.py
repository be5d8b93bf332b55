"""Weights of a mixture of given densities, of maximum likelihood."""

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError

TOLERANCE = 1e-11
"""Distance of the mean log-likelihood from its maximum, at most."""
NEAR = 10.0
"""Largest mean of φ / φᵀw, 1 at the optimum, from which Newton's method starts at once."""
UPDATES = 20
"""Multiplicative updates before Newton's method."""
STARTING = 30
"""Components that are left to Newton's method at its start, at most."""
ENTERING = 10
"""Components that may enter in a step, those of the largest slopes."""
LOSS = 0.1
"""Of mean log-likelihood, for which other components are left out at the start."""
NEWTON_STEPS = 100
PROXIMAL = 1e-10
"""Of the mean diagonal of the curvature, added to it."""
SLACK = 1e-13
"""Of the largest |c| of a quadratic program: slopes below it count as 0."""


@torch.no_grad()
def mixture_weights(
    densities: torch.Tensor,
    shares: torch.Tensor | None = None,
    start: torch.Tensor | None = None,
    tolerance: float = TOLERANCE,
) -> torch.Tensor:
    """The weights w ≥ 0 of sum 1 that maximize Σ_i v_i log Σ_l w_l φ_l(x_i).

    The objective is concave, and by duality its maximum is above a value at w by max_l Σ_i v_i φ_l(x_i) / φᵀw(x_i) − 1
    at most: the bound that ends the work. Newton's method on the components of positive weight and the `ENTERING` of
    largest slope, whose quadratic programs are those of `non_negative`; where there is no guess, or a poor one, after
    `UPDATES` multiplicative (EM) updates.

    Args:
        densities: φ [b, n] ≥ 0, float64, each column with something above 0.
        shares: v [n] ≥ 0 of sum 1; 1/n if not given.
        start: w [b], a guess; equal weights if not given.
        tolerance: of the mean log-likelihood, by the bound.

    Returns:
        w [b]; many are exactly 0.

    Raises:
        MatchZooError: no convergence.

    Source: the bound and the support: Lindsay, The geometry of mixture likelihoods, Annals of Statistics 1983; Newton
    with a quadratic program: Wang, JRSS B 2007; Kim et al., A fast algorithm for maximum likelihood estimation of
    mixture proportions, JCGS 2020.
    """
    b, n = densities.shape
    v = densities.new_full((n,), 1 / n) if shares is None else shares
    root = v.sqrt()
    w = densities.new_full((b,), 1 / b) if start is None else start
    if start is None or not (densities @ (v / (w @ densities))).max() <= NEAR:
        w = _few(densities, v, (w + 1 / b) / 2)
    for _ in range(NEWTON_STEPS):
        values = w @ densities
        slope = densities @ (v / values) - 1
        if slope.max() <= tolerance:
            return w

        entering = slope >= slope.topk(min(ENTERING, b)).values[-1]
        rows = (entering | (w > 0)).nonzero().flatten()
        phi, before, gain = densities[rows], w[rows], slope[rows]
        relative = phi * (root / values)
        curvature = relative @ relative.mT
        curvature.diagonal().add_(PROXIMAL * curvature.diagonal().mean())
        large = before.where(before > 0.05 * before.max(), 0)
        direction = non_negative(curvature, gain + curvature @ before, large) - before

        likelihood, rise, rate = v @ values.log() - 1, gain @ direction, 1.0
        while rate > 1e-10:
            moved = before + rate * direction
            if v @ (moved @ phi).log() - moved.sum() >= likelihood + 1e-4 * rate * rise - 1e-15:
                break
            rate /= 2
        moved = torch.where(moved > 1e-12 * moved.max(), moved, 0)
        w = torch.zeros_like(w).index_put((rows,), moved / moved.sum())
    raise MatchZooError(f"KLIEP: not converged after {NEWTON_STEPS} steps; give a smaller bandwidth or fewer centers")


def _few(densities: torch.Tensor, shares: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Weights [b] above 0 after multiplicative updates: of a few components, if that is almost as likely."""
    for _ in range(UPDATES):
        w = w * (densities @ (shares / (w @ densities)))
    least = max(0.05 * w.max(), w.topk(min(STARTING, len(w))).values[-1])
    few = torch.where(w >= least, w, 0)
    few = few / few.sum()
    return few if shares @ ((few @ densities) / (w @ densities)).log() > -LOSS else w


def non_negative(matrix: torch.Tensor, linear: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """The minimizer of ½ rᵀ A r − cᵀ r over r ≥ 0: non-negative least squares, from a point near it.

    An active-set method that frees or fixes one variable at a time and never goes uphill (Lawson and Hanson, Solving
    least squares problems, 1974), for A of a few hundred rows in float64 on the CPU, ill-conditioned as it may be. In
    numpy, since its calls cost a quarter of torch's, and the systems are small.

    Args:
        matrix: A [m, m], symmetric and positive definite.
        linear: c [m].
        start: [m], not negative.

    Returns:
        [m]; where rounding lets no set of free variables settle, a point below that of the start.
    """
    a, c, r = matrix.numpy(), linear.numpy(), start.numpy().copy()
    free, slack = r > 0, SLACK * np.abs(c).max()
    for _ in range(10 * len(r)):
        rows = np.flatnonzero(free)
        if len(rows):
            wanted, now = np.linalg.solve(a[np.ix_(rows, rows)], c[rows]), r[rows]
            falling = wanted < 0
            if falling.any():
                shares = np.where(falling, now / np.where(falling, now - wanted, 1), np.inf)
                first = shares.argmin()
                r[rows] = (now + shares[first] * (wanted - now)).clip(0)
                r[rows[first]] = 0
                free[rows[first]] = False
                continue
            r[rows] = wanted
        slope = np.where(free, 0, c - a @ r)
        if slope.max() <= slack:
            break
        free[slope.argmax()] = True
    return torch.from_numpy(r)
