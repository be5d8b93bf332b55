"""The inverse of the gradient of a convex function, and by it the prior of a learned proximal operator."""

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.conjugate_gradients import conjugate_gradients
from matchzoo.models.proximal.potential import Potential, potential_gradient

FLAT = 1e-6
"""Slope of f below which many points have the same image, within rounding."""
FIRST_DAMPING = 0.1
LARGEST_DAMPING = 1e12


@attrs.frozen(kw_only=True, eq=False)
class Inversion:
    """Points y with f(y) = x, as far as there are any.

    Attributes:
        points: y [n, …] float64.
        residual: |f(y) − x| [n].
        slope: [n], the least eigenvalue of the Jacobian of f at y; NaN where it was not asked for.
        converged: [n] bool, whether the residual is within the tolerance.
        iterations: of Newton's method.
    """

    points: torch.Tensor
    residual: torch.Tensor
    slope: torch.Tensor
    converged: torch.Tensor
    iterations: int

    @property
    def unique(self) -> torch.Tensor:
        """Whether no other point has the same image [n] bool: it converged, and f is not flat there."""
        return self.converged & ~(self.slope < FLAT)


def invert_gradient(
    potential: Potential,
    x: torch.Tensor,
    tolerance: float = 1e-6,
    iterations: int = 200,
    slopes: bool = True,
) -> Inversion:
    """The points y [n, …] with ∇ψ(y) = x for x [n, …], as minima of ψ(y) − ⟨x, y⟩.

    Newton's method from y = x, each row with a damping of its own, its steps by conjugate gradients, so that no Hessian
    is stored; in float64 as long as the potential is.

    Args:
        potential: ψ, convex and twice differentiable, row by row.
        x: [n, …].
        tolerance: of |∇ψ(y) − x|, absolute.
        iterations: of Newton's method, at most.
        slopes: compute the least slope of ∇ψ at every y, by d backward passes for points of d numbers.
    """
    y = x.detach().clone()
    target = x.detach().flatten(1)
    damping = torch.full((len(y), 1), FIRST_DAMPING, dtype=y.dtype, device=y.device)
    value, error = _objective(potential, y, target)
    used = 0
    while used < iterations and bool((error.norm(dim=1) > tolerance).any()):
        used += 1
        step = _newton_step(potential, y, error, damping)
        candidate = (y.flatten(1) + step).view_as(y)
        new_value, new_error = _objective(potential, candidate, target)
        # near the minimum values agree to the last digit, and the gradient says what is better
        slack = 1e-12 * (1 + value.abs())
        better = (new_value < value - slack) | ((new_value <= value + slack) & (_norm(new_error) < _norm(error)))
        y = torch.where(better.view(-1, *[1] * (y.ndim - 1)), candidate, y)
        value, error = torch.where(better, new_value, value), torch.where(better[:, None], new_error, error)
        damping = torch.where(better[:, None], damping / 4, damping * 8).clamp(1e-12, LARGEST_DAMPING)

    residual = error.norm(dim=1)
    slope = _least_slope(potential, y) if slopes else torch.full_like(residual, torch.nan)
    return Inversion(points=y, residual=residual, slope=slope, converged=residual <= tolerance, iterations=used)


def prior_value(
    potential: Potential, x: torch.Tensor, tolerance: float = 1e-6, iterations: int = 200, strict: bool = True
) -> torch.Tensor:
    """R(x) = ⟨x, y⟩ − |x|² / 2 − ψ(y) [n] with ∇ψ(y) = x, for x [n, …]: the function whose proximal operator ∇ψ is, up
    to a constant.

    Of the y that is returned by the inversion, where the gradient vanishes. Where f is flat several y have the image x,
    and one value; where no y has it, the value is infinite in theory, and nothing here can tell it.

    Args:
        potential: ψ, as for `invert_gradient`.
        x: [n, …].
        tolerance: of |∇ψ(y) − x|.
        iterations: of Newton's method, at most.
        strict: raise where a point is not reached; NaN there if not.

    Raises:
        MatchZooError: some x are no image under ∇ψ.
    """
    inversion = invert_gradient(potential, x, tolerance, iterations, slopes=False)
    missed = ~inversion.converged
    if strict and bool(missed.any()):
        raise MatchZooError(
            f"prior: {int(missed.sum())} of {len(missed)} points are no image of this operator within {tolerance:g} "
            f"(the farthest is {inversion.residual.max():.3g} from one), so that its prior has no value there; look at "
            "points near the training data, take strict = false for NaN, or train with network.strong_convexity above 0"
        )
    with torch.no_grad():
        y, target = inversion.points.flatten(1), x.detach().flatten(1)
        value = (y * target).sum(1) - target.square().sum(1) / 2 - potential(inversion.points).flatten()
    return value.masked_fill(missed, torch.nan)


def _objective(potential: Potential, y: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """ψ(y) − ⟨x, y⟩ [n] and its gradient [n, d]."""
    with torch.no_grad():
        value, gradient = potential_gradient(potential, y)
        return value - (target * y.flatten(1)).sum(1), gradient.flatten(1) - target


def _newton_step(potential: Potential, y: torch.Tensor, error: torch.Tensor, damping: torch.Tensor) -> torch.Tensor:
    """−(H + damping · |error|)⁻¹ error [n, d], row by row, by conjugate gradients; the damping of a row is in units of
    its error, so that it vanishes at the minimum."""
    with torch.enable_grad():
        at = y.detach().requires_grad_()
        _, gradient = potential_gradient(potential, at)
        flat = gradient.flatten(1)
    ridge = damping * _norm(error)[:, None]

    def product(vector: torch.Tensor) -> torch.Tensor:
        [curved] = torch.autograd.grad(flat, at, vector, retain_graph=True)
        return curved.flatten(1) + ridge * vector

    return conjugate_gradients(product, -error, rounds=error.shape[1])


def _least_slope(potential: Potential, y: torch.Tensor) -> torch.Tensor:
    """The least eigenvalue [n] of the Jacobian of ∇ψ."""
    with torch.enable_grad():
        at = y.detach().requires_grad_()
        _, gradient = potential_gradient(potential, at)
        flat = gradient.flatten(1)
        rows = [torch.autograd.grad(column.sum(), at, retain_graph=True)[0].flatten(1) for column in flat.T]
    jacobian = torch.stack(rows, 1)
    return torch.linalg.eigvalsh((jacobian + jacobian.mT) / 2)[:, 0]


def _norm(error: torch.Tensor) -> torch.Tensor:
    return error.norm(dim=1)
