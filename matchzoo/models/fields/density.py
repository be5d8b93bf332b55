"""The density of what a field makes of noise."""

import math

import torch

from matchzoo.models.fields.ode_solver import Derivative, OdeSolver


def divergence(field: Derivative, x: torch.Tensor, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The field [n, d] at points [n, d] and its divergence Σ_j ∂v_j/∂x_j [n], with d backward passes."""
    with torch.enable_grad():
        points = x.detach().requires_grad_()
        values = field(points, time)
        total = values.new_zeros(len(x))
        for column in range(values.shape[1] if values.requires_grad else 0):
            derivative = torch.autograd.grad(values[:, column].sum(), points, retain_graph=True, allow_unused=True)[0]
            if derivative is not None:
                total = total + derivative[:, column]
    return values.detach(), total.detach()


def estimated_divergence(
    field: Derivative, x: torch.Tensor, time: torch.Tensor, signs: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The field [n, d] and the unbiased estimate εᵀ (∂v/∂x) ε [n] of its divergence, with one backward pass.

    Args:
        field: the derivative.
        x: points [n, d].
        time: [].
        signs: ε [n, d] of ±1, drawn at random.

    Source: Hutchinson, 1990; Grathwohl et al., FFJORD, ICLR 2019.
    """
    with torch.enable_grad():
        points = x.detach().requires_grad_()
        values = field(points, time)
        product = None
        if values.requires_grad:
            product = torch.autograd.grad((values * signs).sum(), points, allow_unused=True)[0]
    estimate = torch.zeros_like(values[:, 0]) if product is None else (product * signs).sum(1)
    return values.detach(), estimate.detach()


@torch.no_grad()
def log_density(
    field: Derivative,
    x: torch.Tensor,
    solver: OdeSolver,
    *,
    scale: float = 1.0,
    draws: int = 0,
    rng: torch.Generator | None = None,
) -> torch.Tensor:
    """log p(x) [n] in nats, of the points that a field makes of N(0, scale² I) from t = 0 to t = 1.

    log p₁(x) = log p₀(z) − ∫₀¹ div v(x_t, t) dt, along the path from x to z: the instantaneous change of variables.

    Examples:
        >>> log_density(lambda x, t: torch.zeros_like(x), torch.randn(5, 2), Midpoint())  # that of N(0, I)

    Args:
        field: dx/dt [n, d] at points [n, d] and a time [].
        x: points [n, d] at t = 1; others are flattened.
        solver: of the backward integration.
        scale: standard deviation of the noise at t = 0.
        draws: of the divergence's estimate, each with the same signs all the way; 0 for the exact divergence, which
            costs d backward passes in every evaluation.
        rng: of the signs, on the CPU.

    Source: Chen et al., Neural ordinary differential equations, NeurIPS 2018, theorem 1.
    """
    flat = x.flatten(1)
    n, d = flat.shape

    def total(signs: torch.Tensor | None) -> torch.Tensor:
        def joined(state: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
            points = state[:, :d]
            if signs is None:
                values, change = divergence(field, points, time)
            else:
                values, change = estimated_divergence(field, points, time, signs)
            return torch.cat([values, change[:, None]], 1)

        end = solver.solve(joined, torch.cat([flat, flat.new_zeros(n, 1)], 1), 1.0, 0.0)
        noise = end[:, :d] / scale
        normal = -0.5 * noise.square().sum(1) - d * (0.5 * math.log(2 * math.pi) + math.log(scale))
        return normal + end[:, d]

    if not draws:
        return total(None)
    signs = (torch.randint(0, 2, (draws, n, d), generator=rng) * 2 - 1).to(flat)
    return torch.stack([total(one) for one in signs]).mean(0)
