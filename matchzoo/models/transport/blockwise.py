"""Entropic transport of many points: costs are made block by block, and no matrix of all pairs is ever held."""

from collections.abc import Callable, Iterator

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.models.transport.costs import absolute_epsilon, shares
from matchzoo.models.transport.envelope import with_gradients
from matchzoo.models.transport.sinkhorn import check_marginals, sinkhorn_plan

ELEMENTS = 2**22
"""Pairs of a block: 16 MiB in float32."""
COARSE_POINTS = 2000
"""Points of either set whose potentials the iterations start from."""
ITERATIONS = 1000


@attrs.frozen(eq=False)
class _Side:
    """Points [n, d] in float32, centered, with their potential [n] and weights [n] in float64."""

    points: torch.Tensor
    potential: torch.Tensor
    weights: torch.Tensor


@attrs.frozen(kw_only=True, eq=False, repr=False)
class BlockwisePlan:
    """A plan for squared distances that is known by its potentials: its rows are made when they are asked for.

    Attributes:
        sides: both sets of points, with potentials and weights.
        epsilon: ε.
        cost: ⟨π, C⟩.
        value: OT_ε, a scalar, differentiable in both sets of points.
        marginal_error: Σ |π 1 − a| + Σ |πᵀ 1 − b|.
        iterations: over all pairs.
    """

    sides: tuple[_Side, _Side]
    epsilon: float
    cost: float
    value: torch.Tensor
    marginal_error: float
    iterations: int

    @property
    def potentials(self) -> tuple[torch.Tensor, torch.Tensor]:
        """f [n] and g [m], in float64."""
        return self.sides[0].potential, self.sides[1].potential

    def rows(self, index: torch.Tensor) -> torch.Tensor:
        """Rows π [k, m] of some source points [k], in float32."""
        source, target = self.sides
        some = _Side(source.points[index], source.potential[index], source.weights[index])
        return torch.cat([block for _, block in _blocks(some, target, self.epsilon)])

    @property
    def partners(self) -> torch.Tensor:
        """The target point that takes most of each source point, [n]."""
        return torch.cat([block.argmax(1) for _, block in _blocks(*self.sides, self.epsilon)])

    @property
    def partner_shares(self) -> torch.Tensor:
        """The share of each source point's mass that goes to its partner, [n]; NaN where it has none."""
        return torch.cat([block.amax(1) / block.sum(1) for _, block in _blocks(*self.sides, self.epsilon)])

    def diagnostics(self) -> dict[str, float]:
        """``cost``, ``value``, ``marginal_error`` (near 0) and ``iterations``."""
        figures = {"cost": self.cost, "value": self.value.item(), "marginal_error": self.marginal_error}
        return {**figures, "iterations": float(self.iterations)}

    def barycentric(self, y: torch.Tensor) -> torch.Tensor:
        """The mean of where each source point goes, [n, …] of values [m, …], as `Plan.barycentric`, without a graph.

        Raises:
            MatchZooError: a source point has no mass, so that it goes nowhere, or other numbers of values and points.
        """
        source, target = self.sides
        if len(y) != len(target.points):
            raise MatchZooError(f"plan: expected {len(target.points)} points, got {len(y)}")
        if not bool((source.weights > 0).all()):
            row = int(source.weights.argmin())
            raise MatchZooError(f"plan: point {row} of the source has no mass in it, so it is mapped nowhere")

        wide = y.detach().flatten(1).float()
        means = [block @ wide / block.sum(1, keepdim=True) for _, block in _blocks(source, target, self.epsilon)]
        return torch.cat(means).reshape(len(source.points), *y.shape[1:]).to(y)

    def __repr__(self) -> str:
        n, m = (len(side.points) for side in self.sides)
        figures = f"cost {self.cost:.4g}, value {self.value.item():.4g}, marginal error {self.marginal_error:.2g}"
        return f"<BlockwisePlan {n} x {m}: {figures}>"


def blockwise_plan(
    x: torch.Tensor,
    y: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    *,
    epsilon: float | None = None,
    tolerance: float = 1e-3,
    iterations: int = ITERATIONS,
) -> BlockwisePlan:
    """`sinkhorn_plan` for squared distances and any number of points, in memory that is linear in it.

    Potentials start from those of a sample of 2000 points of each set, which extend to all by their formula; then
    iterations in the log domain make blocks of costs from points, in float32, and forget them. Time is that of all
    pairs for each iteration.

    Args:
        x: [n, d].
        y: [m, d].
        a: [n], scaled to a sum of 1; equal if not given.
        b: [m], likewise.
        epsilon: ε; 0.05 of the mean cost of the sample if not given.
        tolerance: of the marginals; float32 gives 1e-5 at best.
        iterations: at most.

    Raises:
        MatchZooError: points of other shapes or that are not finite, no mass, or marginals that are not within the
            tolerance.
    """
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or not len(x) or not len(y):
        got = f"{list(x.shape)} and {list(y.shape)}"
        raise MatchZooError(f"transport: expected points [n, d] and [m, d], n and m at least 1, got {got}")
    first, second = x.detach(), y.detach()
    if not bool(torch.isfinite(first.sum() + second.sum())):
        raise MatchZooError("transport: points that are not finite")
    center = (first.mean(0) + second.mean(0)) / 2
    first, second = (double(points - center).float() for points in (first, second))
    weights = shares(a, len(x), first, "a").detach(), shares(b, len(y), second, "b").detach()
    strength, g = _start(first, second, weights, epsilon, tolerance)

    source = _Side(first, torch.zeros_like(weights[0]), weights[0])
    target = _Side(second, g, weights[1])
    error = float("inf")
    for count in range(1, iterations + 1):
        f = _softmin(source, target, strength)
        if count > 1:  # columns are right, and rows are off by exp of what f still changes
            error = (weights[0] * ((source.potential - f) / strength).expm1().abs()).sum().item()
            if error <= tolerance:
                break
        source = attrs.evolve(source, potential=f)
        target = attrs.evolve(target, potential=_softmin(target, source, strength))
    check_marginals(error, tolerance, strength, count)
    return _finished(x, y, source, target, strength, count)


def _start(
    x: torch.Tensor,
    y: torch.Tensor,
    weights: tuple[torch.Tensor, torch.Tensor],
    epsilon: float | None,
    tolerance: float,
) -> tuple[float, torch.Tensor]:
    """ε, and the potential [m] that follows from a plan of samples of both sets [n, d] and [m, d]."""
    picked = []
    for side in weights:
        there = side.nonzero()[:, 0]
        count = min(len(there), COARSE_POINTS)
        picked.append(there[torch.linspace(0, len(there) - 1, count, device=side.device).round().long()])
    some_x, some_y = x[picked[0]], y[picked[1]]
    shared = [side[index] / side[index].sum() for side, index in zip(weights, picked, strict=True)]
    costs = torch.cdist(double(some_x), double(some_y)).square()
    strength = absolute_epsilon("0.05*mean" if epsilon is None else epsilon, [costs])
    plan = sinkhorn_plan(costs, *shared, epsilon=strength, tolerance=max(tolerance, 1e-4))
    assert plan.potentials is not None
    coarse = _Side(some_x, plan.potentials[0], shared[0])
    return strength, _softmin(_Side(y, weights[1], weights[1]), coarse, strength)


def _slices(rows: int, columns: int) -> Iterator[slice]:
    """Slices of rows such that none has more than `ELEMENTS` pairs."""
    size = max(1, ELEMENTS // columns)
    return (slice(start, start + size) for start in range(0, rows, size))


def _exponents(side: _Side, other: _Side, epsilon: float) -> Callable[[slice], torch.Tensor]:
    """(g_j + ε log b_j − |x_i − y_j|² + |x_i|²) / ε of the pairs of some rows, in float32."""
    norms = double(other.points).square().sum(1)
    bias = (other.weights.log() + (other.potential - norms) / epsilon).float()
    scaled = (other.points * (2 / epsilon)).T.contiguous()
    return lambda rows: torch.addmm(bias, side.points[rows], scaled)


def _softmin(side: _Side, other: _Side, epsilon: float) -> torch.Tensor:
    """The potential [n] of one side that makes its marginal right, given that of the other."""
    exponents = _exponents(side, other, epsilon)
    logs = torch.cat([exponents(rows).logsumexp(1) for rows in _slices(len(side.points), len(other.points))])
    return double(side.points).square().sum(1) - epsilon * double(logs)


def _blocks(side: _Side, other: _Side, epsilon: float) -> Iterator[tuple[slice, torch.Tensor]]:
    """Blocks of rows [k, m] of the plan, in float32."""
    exponents = _exponents(side, other, epsilon)
    logs = (side.weights.log() + (side.potential - double(side.points).square().sum(1)) / epsilon).float()
    for rows in _slices(len(side.points), len(other.points)):
        yield rows, exponents(rows).add_(logs[rows, None]).exp_()


def _finished(
    x: torch.Tensor, y: torch.Tensor, source: _Side, target: _Side, epsilon: float, count: int
) -> BlockwisePlan:
    """The plan with its figures and gradients, from one pass over its blocks."""
    ones = target.points.new_ones(len(target.points), 1)
    columns_of = torch.cat([target.points, ones], 1)
    from_rows, to_columns = [], double(torch.zeros_like(columns_of))
    for rows, block in _blocks(source, target, epsilon):
        from_rows.append(double(block @ columns_of))
        to_columns += double(block.T @ torch.cat([source.points[rows], ones[:1].expand(len(block), 1)], 1))
    images, row_mass = torch.cat(from_rows)[:, :-1], torch.cat(from_rows)[:, -1]
    origins, column_mass = to_columns[:, :-1], to_columns[:, -1]

    first, second = double(source.points), double(target.points)
    linear = row_mass @ first.square().sum(1) + column_mass @ second.square().sum(1) - 2 * (images * first).sum()
    dual = source.weights @ source.potential + target.weights @ target.potential - epsilon * (row_mass.sum() - 1)
    slopes = 2 * (row_mass[:, None] * first - images), 2 * (column_mass[:, None] * second - origins)
    error = (row_mass - source.weights).abs().sum() + (column_mass - target.weights).abs().sum()
    return BlockwisePlan(
        sides=(source, target),
        epsilon=epsilon,
        cost=linear.item(),
        value=with_gradients(dual, (x, slopes[0]), (y, slopes[1])),
        marginal_error=error.item(),
        iterations=count,
    )
