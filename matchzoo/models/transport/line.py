"""Optimal transport on a line, by sorting, and on random lines: sliced distances."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.models.transport.costs import shares
from matchzoo.models.transport.envelope import with_gradients
from matchzoo.models.transport.plan import Plan


def line_cost(
    x: torch.Tensor,
    y: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    power: float = 2.0,
) -> torch.Tensor:
    """W_p^p = ∫ |F⁻¹ − G⁻¹|^p of columns of numbers: [k] of [n, k] and [m, k], differentiable in these.

    Args:
        x: [n, k].
        y: [m, k].
        a: weights [n], scaled to a sum of 1; equal if not given.
        b: weights [m], likewise.
        power: p, at least 1.

    Raises:
        MatchZooError: other shapes, values that are not finite, or no mass.
    """
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or not len(x) or not len(y) or power < 1:
        got = f"{list(x.shape)}, {list(y.shape)} and p = {power}"
        raise MatchZooError(
            f"line: expected numbers [n, k] and [m, k], n and m at least 1, and p of at least 1, got {got}"
        )
    if not bool(torch.isfinite(x.sum() + y.sum())):
        raise MatchZooError("line: numbers that are not finite")
    (first, x_order), (second, y_order) = x.sort(dim=0), y.sort(dim=0)
    if a is None and b is None and len(x) == len(y):
        return _moved(first - second, power).mean(0)

    levels = [
        shares(weights, len(values), values, name)[order].cumsum(0)
        for weights, values, name, order in ((a, x, "a", x_order), (b, y, "b", y_order))
    ]
    merged = torch.cat(levels).sort(dim=0).values
    picked = [
        values.gather(0, torch.searchsorted(level.T.contiguous(), merged.T.contiguous()).T.clamp_max(len(values) - 1))
        for values, level in zip((first, second), levels, strict=True)
    ]
    widths = merged.diff(dim=0, prepend=torch.zeros_like(merged[:1]))
    return (widths * _moved(picked[0] - picked[1], power)).sum(0).to(x)


def _moved(distance: torch.Tensor, power: float) -> torch.Tensor:
    return distance.square() if power == 2 else distance.abs() if power == 1 else distance.abs().pow(power)


def line_plan(
    x: torch.Tensor, y: torch.Tensor, a: torch.Tensor | None = None, b: torch.Tensor | None = None, power: float = 2.0
) -> Plan:
    """The optimal plan between numbers [n] and [m], for costs |x − y|^p of any p ≥ 1: in the order of both.

    Args:
        x: [n].
        y: [m].
        a: weights [n], scaled to a sum of 1; equal if not given.
        b: weights [m], likewise.
        power: p of its cost and value.
    """
    first, second = shares(a, len(x), x, "a"), shares(b, len(y), y, "b")
    x_order, y_order = x.argsort(), y.argsort()
    ends = first.detach()[x_order].cumsum(0), second.detach()[y_order].cumsum(0)
    merged = torch.cat(ends).sort().values
    widths = merged.diff(prepend=merged.new_zeros(1))
    middles = merged - widths / 2  # inside a piece of both quantile functions: rounding picks no neighbor
    rows, columns = (
        order[torch.searchsorted(end, middles).clamp_max(len(order) - 1)]
        for order, end in ((x_order, ends[0]), (y_order, ends[1]))
    )
    coupling = double(x.new_zeros(())).new_zeros(len(x), len(y)).index_put((rows, columns), widths, accumulate=True)
    costs = _moved(x[:, None] - y, power)
    total = (coupling * double(costs.detach())).sum()
    value = with_gradients(total, (costs, coupling))
    return Plan(coupling=coupling, cost=total.item(), value=value, weights=(first.detach(), second.detach()))


def sliced_cost(
    x: torch.Tensor,
    y: torch.Tensor,
    directions: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    power: float = 2.0,
) -> torch.Tensor:
    """The sliced Wasserstein distance to the power p: the mean of `line_cost` over projections; a scalar.

    For p = 2 and directions that are uniform on the sphere, it is at most W₂² / d, with equality for a shift.

    Args:
        x: [n, d].
        y: [m, d].
        directions: [k, d], of any length but 0.
        a: weights [n]; equal if not given.
        b: weights [m]; equal if not given.
        power: p, at least 1.

    Raises:
        MatchZooError: points of different dimensions, and as `line_cost`.

    Source: Bonneel et al., Sliced and Radon Wasserstein barycenters of measures, JMIV 2015.
    """
    if not x.ndim == y.ndim == directions.ndim == 2 or not x.shape[1] == y.shape[1] == directions.shape[1]:
        shapes = f"{list(x.shape)}, {list(y.shape)} and {list(directions.shape)}"
        raise MatchZooError(
            f"sliced: expected points [n, d] and [m, d] and directions [k, d] of one dimension, got {shapes}; sets of "
            "different spaces can be compared by gromov-wasserstein"
        )
    unit = torch.nn.functional.normalize(directions.to(x), dim=1).T
    return line_cost(x @ unit, y @ unit, a, b, power).mean()


def random_directions(count: int, dimension: int, rng: torch.Generator | None = None) -> torch.Tensor:
    """Directions [k, d] that are uniform on the sphere, drawn on the CPU."""
    return torch.nn.functional.normalize(torch.randn(count, dimension, generator=rng), dim=1)
