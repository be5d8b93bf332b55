"""Inverse problems with a proximal operator in place of a prior: plug-and-play restoration."""

from collections.abc import Callable
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked_fields
from matchzoo.core.errors import MatchZooError
from matchzoo.models.proximal.linear_operator import LinearOperator
from matchzoo.models.proximal.operator import ProximalOperator

Algorithm = Literal["admm", "proximal-gradient"]


@attrs.frozen(kw_only=True, eq=False)
class Restoration:
    """What was restored of some measurements.

    Attributes:
        samples: x [n, *shape].
        change: |x_k − x_{k−1}| / |x_k| of the last iteration, over all samples, or what an algorithm's two estimates
            differ by in these units, if that is more.
        iterations: that were done.
        converged: whether the change came within the tolerance.
    """

    samples: torch.Tensor
    change: float
    iterations: int
    converged: bool


def proximal_gradient(
    measured: torch.Tensor,
    operator: LinearOperator,
    proximal: ProximalOperator,
    weight: float = 1.0,
    step: float | None = None,
    iterations: int = 100,
    tolerance: float = 1e-4,
) -> Restoration:
    """min_x |A x − b|² / 2 + weight · R(x), by x ← prox_{τ weight R}(x − τ Aᵀ (A x − b)), from x = Aᵀ b.

    It converges for a convex R and a step τ below 2 / ‖A‖². An operator of one strength fixes τ = strength / weight,
    which only a weight above ‖A‖² / 2 makes that short: else take `admm`.

    Args:
        measured: b [n, …].
        operator: A.
        proximal: that of R.
        weight: of R, above 0. For R = −log p, and noise of standard deviation s in b, it is s²; the operator of a
            denoiser that was trained at σ then has the strength σ².
        step: τ; strength / weight, or 1 / ‖A‖² where all strengths are known, if not given.
        iterations: at most.
        tolerance: of the relative change, at which it stops.

    Raises:
        MatchZooError: the step is too long, or a number is not above 0.
    """
    _check_positive(weight=weight, step=step, iterations=iterations)
    norm = operator.squared_norm(measured)
    if step is None:
        fixed = proximal.fixed_strength
        step = 1 / max(norm, 1e-12) if fixed is None else fixed / weight
    if step * norm > 2:
        raise MatchZooError(
            f"proximal-gradient: a step of {step:.3g} is too long for this operator, whose squared norm is {norm:.3g}; "
            "take admm, or a larger weight"
        )

    def advance(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        fresh = proximal.prox(x - step * operator.adjoint(operator(x) - measured), step * weight)
        return fresh, fresh - x

    return _fixed_point(advance, operator.adjoint(measured), iterations, tolerance)


def admm(
    measured: torch.Tensor,
    operator: LinearOperator,
    proximal: ProximalOperator,
    weight: float = 1.0,
    penalty: float | None = None,
    iterations: int = 100,
    tolerance: float = 1e-4,
) -> Restoration:
    """min_x |A x − b|² / 2 + weight · R(x), by the alternating direction method of multipliers with penalty ρ:

    x ← (Aᵀ A + ρ I)⁻¹ (Aᵀ b + ρ (z − u)),  z ← prox_{(weight / ρ) R}(x + u),  u ← u + x − z,

    from z = Aᵀ b and u = 0; z is returned. It converges for a convex R at any ρ, which decides how fast. An operator of
    one strength fixes ρ = weight / strength.

    Args:
        measured: b [n, …].
        operator: A.
        proximal: that of R.
        weight: of R, as in `proximal_gradient`.
        penalty: ρ; weight / strength, or ‖A‖² / 10 where all strengths are known, if not given.
        iterations: at most.
        tolerance: of the relative change of z, and of |x − z| in units of |z|, at which it stops.

    Raises:
        MatchZooError: a number is not above 0, or x is not finite.

    Source: Venkatakrishnan et al., Plug-and-play priors for model based reconstruction, GlobalSIP 2013.
    """
    _check_positive(weight=weight, penalty=penalty, iterations=iterations)
    if penalty is None:
        fixed = proximal.fixed_strength
        penalty = max(operator.squared_norm(measured), 1e-12) / 10 if fixed is None else weight / fixed
    back = operator.adjoint(measured)
    dual, x = torch.zeros_like(back), back

    def advance(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal dual, x
        x = operator.regularized_solution(back + penalty * (z - dual), penalty, x)
        fresh = proximal.prox(x + dual, weight / penalty)
        dual = dual + x - fresh
        return fresh, x - fresh

    return _fixed_point(advance, back, iterations, tolerance)


@attrs.frozen(kw_only=True, field_transformer=checked_fields)
class PlugAndPlay:
    """Restores samples from linear measurements, by `admm` or `proximal_gradient`.

    Examples:
        >>> restore = PlugAndPlay(operator=masked, proximal=SoftThreshold(), weight=0.1)
        >>> restore(measured).samples.shape

    Attributes:
        operator: A of b = A x + noise.
        proximal: in place of a prior.
        weight: of the prior, above 0.
        algorithm: ``admm`` or ``proximal-gradient``.
        iterations: at most.
        tolerance: of the relative change, at which it stops.
    """

    operator: LinearOperator
    proximal: ProximalOperator
    weight: float = 1.0
    algorithm: Algorithm = "admm"
    iterations: int = 100
    tolerance: float = 1e-4

    def __call__(self, measured: torch.Tensor) -> Restoration:
        """Samples [n, *shape] of measurements b [n, …]."""
        solve = admm if self.algorithm == "admm" else proximal_gradient
        return solve(measured, self.operator, self.proximal, self.weight, None, self.iterations, self.tolerance)


def _check_positive(**numbers: float | None) -> None:
    for name, number in numbers.items():
        if number is not None and not number > 0:
            raise MatchZooError(f"plug-and-play: expected {name} above 0, got {number}")


@torch.no_grad()
def _fixed_point(
    advance: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]],
    start: torch.Tensor,
    iterations: int,
    tolerance: float,
) -> Restoration:
    """x ← the first of advance(x), until it changes by less than the tolerance and the second, a residual, is as short;
    raises where x is not finite."""
    x, change, done = start, float("inf"), 0
    while done < iterations and change > tolerance:
        fresh, residual = advance(x)
        longest = torch.maximum((fresh - x).norm(), residual.norm())
        change = (longest / fresh.norm().clamp_min(1e-12)).item()
        x, done = fresh, done + 1
        if not change < float("inf"):
            raise MatchZooError(f"plug-and-play: iteration {done} is not finite; look at measurements and weight")
    return Restoration(samples=x, change=change, iterations=done, converged=change <= tolerance)
