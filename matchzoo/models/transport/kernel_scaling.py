"""Potentials of entropic transport: ε scaling in the log domain, then over-relaxed scaling of an absorbed kernel.

With weights a, b and K = exp((f + g − C) / ε), the plan is π = diag(a u) K diag(b v); u = 1 / K(b v) makes its rows
right and v = 1 / Kᵀ(a u) its columns. Absorbing u and v is f += ε log u, g += ε log v. All is in float64.
"""

import math

import torch

Potentials = tuple[torch.Tensor, torch.Tensor]
EVERY = 10
"""Iterations between two looks at the marginals."""
GROWN = 200.0
"""Logarithm of the factors above which they are absorbed; float64 ends at 700."""
DIRECT = 400.0
"""Largest cost in units of ε up to which nothing underflows, so that there is no need to scale ε."""
COARSER = 4.0
"""Factor from one ε to the next."""
COARSE, ROUGHLY = 1e-3, 100
"""Marginal error and iterations at which ε is halved: what potentials lag behind here, later iterations hardly make up
for, since far points are coupled by exponentially little."""
MOST = 1 - 1e-7
"""Largest rate of plain iterations that the relaxation reckons with."""


def kernel(cost: torch.Tensor, f: torch.Tensor, g: torch.Tensor, epsilon: float) -> torch.Tensor:
    """K = exp((f + g − C) / ε) [n, m]."""
    return torch.sub(g, cost).add_(f[:, None]).div_(epsilon).exp_()


def softmin(cost: torch.Tensor, g: torch.Tensor, logs: torch.Tensor, epsilon: float) -> torch.Tensor:
    """−ε log Σ_j b_j exp((g_j − C_ij) / ε) [n] of costs [n, m], potentials g [m] and logarithms of weights [m]: the
    potential that makes the rows right."""
    exponents = torch.sub(g + epsilon * logs, cost)
    largest = exponents.amax(1)
    sums = exponents.sub_(largest[:, None]).div_(epsilon).exp_().sum(1)
    return -(largest + epsilon * sums.log_())


def strengths(cost: torch.Tensor, epsilon: float) -> list[float]:
    """ε, raised by factors of `COARSER` up to the largest of costs [n, m], in descending order; ε alone where nothing
    underflows."""
    largest = cost.max().item()
    steps = 0 if largest <= DIRECT * epsilon else math.ceil(math.log(largest / epsilon, COARSER))
    return [epsilon * COARSER**step for step in range(steps, -1, -1)]


def balance(
    cost: torch.Tensor, a: torch.Tensor, b: torch.Tensor, epsilon: float, tolerance: float, iterations: int
) -> tuple[torch.Tensor, torch.Tensor, int, float]:
    """Potentials [n] and [m], how many iterations they took, and the marginal error that is left.

    Over-relaxation: from the rate η at which plain iterations shrink the error, the factor 2 / (1 + √(1 − η)), which is
    optimal near the solution; where the error grows, iterations are plain again.

    Args:
        cost: [n, m] in float64.
        a: [n], of sum 1.
        b: [m], of sum 1.
        epsilon: above 0.
        tolerance: of the L1 error of both marginals.
        iterations: at most.
    """
    f, g = torch.zeros_like(a), torch.zeros_like(b)
    total = 0
    *coarse, _ = strengths(cost, epsilon)
    for strength in coarse:
        f, g, count, _ = _balance(cost, a, b, f, g, strength, max(tolerance, COARSE), min(ROUGHLY, iterations))
        total += count
    f, g, count, error = _balance(cost, a, b, f, g, epsilon, tolerance, iterations)
    return f, g, total + count, error


def _balance(
    cost: torch.Tensor,
    a: torch.Tensor,
    b: torch.Tensor,
    f: torch.Tensor,
    g: torch.Tensor,
    epsilon: float,
    tolerance: float,
    iterations: int,
) -> tuple[torch.Tensor, torch.Tensor, int, float]:
    """`balance` at one ε, from potentials f [n] and g [m]."""
    K = kernel(cost, f, g, epsilon)
    u, v = torch.ones_like(f), torch.ones_like(g)
    count, relaxation, before = 0, 1.0, math.inf
    while True:
        u = 1 / (K @ (b * v))
        v = 1 / (K.T @ (a * u))
        rows = K @ (b * v)
        count += 1
        error = (a * (u * rows - 1).abs()).sum().item()  # columns are right
        grown = torch.cat([u, v]).log().abs().amax().item()
        if grown < GROWN and (error <= tolerance or count >= iterations):
            return f + epsilon * u.log(), g + epsilon * v.log(), count, error

        if not grown < math.inf:  # a row of the kernel has underflowed
            f = softmin(cost, g, b.log(), epsilon)
            g = softmin(cost.T, f, a.log(), epsilon)
        elif grown >= GROWN:
            f, g = f + epsilon * u.log(), g + epsilon * v.log()
        if not grown < GROWN:
            K, u, v = kernel(cost, f, g, epsilon), torch.ones_like(f), torch.ones_like(g)
            relaxation, before = 1.0, math.inf
            if count >= iterations:
                return f, g, count, math.inf if error <= tolerance else error
            continue

        relaxation, before = _relaxation(relaxation, before, error), error
        for _ in range(min(EVERY - 1, iterations - count - 1)):
            u = u * (u * rows).pow_(-relaxation)
            v = v * (v * (K.T @ (a * u))).pow_(-relaxation)
            rows = K @ (b * v)
            count += 1


def _relaxation(relaxation: float, before: float, error: float) -> float:
    """The factor for the next iterations, from the errors before and after the last `EVERY`.

    Of iterations with factor ω that shrink the error at rate μ > ω − 1, the plain rate is η = (μ + ω − 1)² / (μ ω²).
    """
    if not error < before < math.inf:
        return 1.0
    rate = max((error / before) ** (1 / EVERY), 1e-3)
    if rate <= relaxation - 1:
        return relaxation
    plain = min((rate + relaxation - 1) ** 2 / (rate * relaxation**2), MOST)
    return 2 / (1 + math.sqrt(1 - plain))


def balance_itself(
    cost: torch.Tensor, a: torch.Tensor, epsilon: float, tolerance: float, iterations: int
) -> tuple[torch.Tensor, int, float]:
    """The one potential [n] of a symmetric problem, how many iterations it took, and the marginal error that is left.

    Args:
        cost: [n, n] in float64, symmetric.
        a: [n], of sum 1.
        epsilon: above 0.
        tolerance: of the L1 error of both marginals.
        iterations: at most.
    """
    logs, f = a.log(), torch.zeros_like(a)
    for strength in strengths(cost, epsilon):
        f = (f + softmin(cost, f, logs, strength)) / 2
    K, u = kernel(cost, f, f, epsilon), torch.ones_like(f)
    for count in range(1, iterations + 1):
        rows = u * (K @ (a * u))
        u = u / rows.sqrt()
        if count % 5 == 0 or count == iterations:
            error = 2 * (a * (u * (K @ (a * u)) - 1).abs()).sum().item()
            if error <= tolerance:
                break
    return f + epsilon * u.log(), count, error
