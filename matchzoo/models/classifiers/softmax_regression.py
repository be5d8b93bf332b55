"""Softmax regression to convergence: the linear probe's solver."""

import warnings
from collections.abc import Sequence

import torch

from matchzoo.core.numerics.float64 import double
from matchzoo.models.classifiers.classifiers import LinearClassifier, probabilities, standardize
from matchzoo.models.sample_weights import of_mean_one

EXCESS = 1e-9
"""Nats above the optimum, by its bound, at which the solver stops."""
HISTORY = 10
"""Pairs of steps and gradients that the solver keeps."""
ENTRIES, CACHED = 2**25, 2**20
"""Entries of the largest arrays, on a GPU and on a CPU, where caches are small: so many penalties are solved at once as
stay below."""


def fit_softmax_regression(
    features: torch.Tensor,
    labels: torch.Tensor,
    classes: int,
    penalties: Sequence[float],
    start: LinearClassifier | None = None,
    iterations: int = 500,
    weights: torch.Tensor | None = None,
) -> list[LinearClassifier]:
    """Minimize mean cross-entropy + λ/2 · ‖W‖² for each penalty λ, by L-BFGS, all penalties at once.

    With weights w of the samples, such as density ratios, the first term is Σ w_i ℓ_i / Σ w_i.

    W acts on features that are centered and divided by one scale (`standardize`), so λ means the same for every
    backbone; the bias is free. The solver works along the principal axes of the features; where there are fewer
    samples than dimensions only their span is searched, which holds the optimum. Its first guess of the inverse
    Hessian is diagonal, 1 / (κ · variance + λ) with κ the mean of p(1 − p) of a class, updated each step. It works in
    float32 and then in float64 until ‖∇W‖²/2λ + ‖∇b‖²/2κ < 1e-9 nats: the objective, which is λ-strongly convex in
    W, is no further above its optimum. It warns where it does not get there.

    Args:
        features: [n, d].
        labels: [n] int64, or probabilities [n, c].
        classes: c.
        penalties: λ > 0.
        start: where to start, 0 if not given: the optimum on other samples saves steps.
        iterations: at most so many in either precision.
        weights: [n] finite, not negative and not all 0; equal if not given.

    Returns:
        A classifier a penalty.

    Raises:
        MatchZooError: weights that are not such.
    """
    z = double(features)
    shares = None if weights is None else of_mean_one(weights, z)
    targets = probabilities(labels, classes, z)
    mean, scale = standardize(z)
    z = (z - mean) / scale
    n, d = z.shape
    squares, vectors = torch.linalg.eigh(z @ z.T if n < d else z.T @ z)
    span = squares > 1e-10 * squares[-1]
    axes = z.T @ vectors[:, span] / squares[span].sqrt() if n < d else vectors  # [d, r]
    z = torch.cat([z @ axes, z.new_ones(n, 1)], 1)
    limit = CACHED if z.device.type == "cpu" else ENTRIES
    together = max(1, limit // max(n * classes, 2 * HISTORY * z.shape[1] * classes))
    rough = (z.float(), targets.float(), None if shares is None else shares.float())
    fitted, solutions = [], None
    for group in torch.tensor(penalties, dtype=z.dtype, device=z.device).split(together):
        first = z.new_zeros(len(group), classes, z.shape[1])
        if solutions is not None:  # of the group before, whose last penalty is nearest
            first += solutions[-1]
        elif start is not None:
            first[..., :-1] = start.weight.to(z) * scale @ axes
            first[..., -1] = start.bias.to(z) + start.weight.to(z) @ mean
        near, _ = _Solver(*rough[:2], group.float(), rough[2]).solve(first.float(), iterations)
        solutions, gradient = _Solver(z, targets, group, shares).solve(double(near), iterations)
        for solution, norm, penalty in zip(solutions, gradient.tolist(), group.tolist(), strict=True):
            if norm**2 / (2 * penalty) > 1000 * EXCESS:
                warnings.warn(f"penalty {penalty:g}: stopped {iterations} steps on, gradient {norm:.1e}", stacklevel=2)
            weight = solution[:, :-1] @ axes.T / scale
            bias = solution[:, -1] - solution[:, -1].mean()  # a shift of all changes nothing: make it unique
            fitted.append(LinearClassifier(weight, bias - weight @ mean, norm))
    return fitted


class _Solver:
    """L-BFGS on k problems that share their features. A step costs one softmax of [k, c, n] where the first trial of
    the line search will do: its probabilities are those of the next gradient.

    Args:
        z: [n, r + 1] uncorrelated features, the last of them 1 for the bias.
        targets: [n, c].
        penalties: [k].
        weights: [n] of mean 1; None for equal ones.
    """

    def __init__(
        self, z: torch.Tensor, targets: torch.Tensor, penalties: torch.Tensor, weights: torch.Tensor | None = None
    ) -> None:
        self.z, self.targets, self.penalties = z, targets.T, penalties
        self.shares = (z.new_ones(len(z)) if weights is None else weights) / len(z)
        self.shared = z * self.shares[:, None]

    def solve(self, start: torch.Tensor, iterations: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Solutions [k, c, r + 1] and the norms [k] of their gradients."""
        variances = self.z.square().mean(0)
        at, logits = start.clone(), self._logits(start)
        chances = logits.softmax(1)
        ridge = self.penalties[:, None, None] * (torch.arange(len(variances), device=at.device) < len(variances) - 1)
        pairs = list[tuple[torch.Tensor, torch.Tensor]]()
        rows = torch.arange(len(at), device=at.device)
        solutions, norms = start.clone(), self.penalties.clone()
        last = (at, at)
        for iteration in range(iterations + 1):
            gradient = self._gradient(chances) + ridge * at
            curvature = chances @ self.shares - chances.square() @ self.shares  # of p(1 − p)
            inverse = 1 / (curvature.clamp_min(1e-6)[..., None] * variances + ridge)
            # by strong convexity: λ in W, about κ in the bias
            excess = 0.5 * (gradient.square() / torch.where(ridge > 0, ridge, 1 / inverse)).sum((1, 2))
            done = (excess < EXCESS) | (iteration == iterations)
            solutions[rows], norms[rows] = at, gradient.flatten(1).norm(dim=1)
            if bool(done.all()):
                break
            if iteration:
                pairs = [*pairs[1 - HISTORY :], (at - last[0], gradient - last[1])]
            if bool(done.any()):
                keep = ~done
                rows, at, gradient, inverse, ridge = rows[keep], at[keep], gradient[keep], inverse[keep], ridge[keep]
                pairs, logits = [(s[keep], y[keep]) for s, y in pairs], logits[keep]
            direction = _direction(gradient, pairs, inverse)
            last = (at, gradient)
            step, logits, chances = self._line_search(logits, at, gradient, direction, ridge)
            if not bool((step > 0).any()):
                break
            at = at + step[:, None, None] * direction
        return solutions, norms

    def _logits(self, weight: torch.Tensor) -> torch.Tensor:
        """[k, c, r + 1] → [k, c, n]."""
        return (weight.flatten(0, 1) @ self.z.T).unflatten(0, weight.shape[:2])

    def _gradient(self, chances: torch.Tensor) -> torch.Tensor:
        """Of the mean cross-entropy, from probabilities [k, c, n] → [k, c, r + 1]."""
        return ((chances - self.targets).flatten(0, 1) @ self.shared).unflatten(0, chances.shape[:2])

    def _line_search(
        self,
        logits: torch.Tensor,
        at: torch.Tensor,
        gradient: torch.Tensor,
        direction: torch.Tensor,
        ridge: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Steps [k] at which the slope is at most half of that at 0, by Newton's method between brackets, 0 uphill.

        Returns:
            Steps, and the logits and probabilities [k, c, n] there. Logits are linear in the step: one product of
            matrices is enough.
        """
        along = self._logits(direction)
        start = (gradient * direction).sum((1, 2))
        first, second = (ridge * at * direction).sum((1, 2)), (ridge * direction.square()).sum((1, 2))
        first = first - (self.targets * along).sum(1) @ self.shares

        step, low, high = torch.ones_like(first), torch.zeros_like(first), torch.full_like(first, torch.inf)
        step = torch.where(start < 0, step, 0)
        for trial in range(31):
            moved = logits + step[:, None, None] * along
            chances = moved.softmax(1)
            mean = (chances * along).sum(1)  # [k, n]
            rise = mean @ self.shares + first + step * second
            wrong = (start < 0) & (rise.abs() > 0.5 * start.abs())
            if trial == 30 or not bool(wrong.any()):
                break
            bend = ((chances * along.square()).sum(1) - mean.square()) @ self.shares + second
            low, high = torch.where(rise < 0, step, low), torch.where(rise < 0, high, step)
            newton = step - rise / bend
            middle = torch.where(high.isfinite(), (low + high) / 2, 2 * step)
            better = torch.where((newton > low) & (newton < high), newton, middle)
            step = torch.where(wrong, better, step)
        return step, moved, chances


def _direction(
    gradient: torch.Tensor, pairs: list[tuple[torch.Tensor, torch.Tensor]], inverse: torch.Tensor
) -> torch.Tensor:
    """−H ∇ with the two loops of L-BFGS for each problem (Nocedal and Wright, Numerical Optimization, algorithm 7.4).

    Args:
        gradient: [k, c, r + 1].
        pairs: steps and differences of gradients, the last one last.
        inverse: the diagonal that H starts from.
    """

    def dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (a * b).sum((1, 2), keepdim=True)

    q, kept = gradient, []
    for s, y in reversed(pairs):
        curvature = dot(s, y)
        rho = torch.where(curvature > 0, 1 / curvature, 0)
        alpha = rho * dot(s, q)
        q = q - alpha * y
        kept.append((s, y, rho, alpha))
    q = inverse * q
    if pairs:
        s, y = pairs[-1]
        q = q * torch.where(dot(s, y) > 0, dot(s, y) / dot(y, inverse * y), 1)
    for s, y, rho, alpha in reversed(kept):
        q = q + s * (alpha - rho * dot(y, q))
    return -q
