"""Cost matrices, weights and strengths of the entropy: what every solver is given."""

import functools
import re
from collections.abc import Iterable
from typing import Any, Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.validators import positive, says
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.numerics.float64 import double

Cost = Literal["squared", "euclidean"]
"""|x − y|², without a factor ½, or |x − y|."""
Epsilon = float | str
"""A number above 0, or a multiple of the mean or the largest cost such as ``0.05*mean`` and ``0.01*max``."""


@checked
def cost_matrix(x: torch.Tensor, y: torch.Tensor, cost: Cost = "squared") -> torch.Tensor:
    """C_ij = |x_i − y_j|² or |x_i − y_j|, [n, m] of points [n, …] and [m, …], differentiable; the gradient of a
    distance is 0 where points coincide."""
    x, y = x.flatten(1), x.flatten(1) if y is x else y.flatten(1)
    squared = squared_distances(x, x if y is x else y)
    if cost == "squared":
        return squared
    apart = squared > 0
    return torch.where(apart, torch.where(apart, squared, 1.0).sqrt(), 0.0)


def shares(
    weights: torch.Tensor | None, count: int, like: torch.Tensor, name: str, *, scaled: bool = True
) -> torch.Tensor:
    """Weights [n] in float64, ``scaled`` to a sum of 1 or as they are; equal ones of sum 1 if there are none.

    Raises:
        MatchZooError: another number of them, one below 0 or not finite, or none above 0.
    """
    if weights is None:
        return torch.full((count,), 1 / count, dtype=torch.float64, device=like.device)
    if weights.shape != (count,):
        raise MatchZooError(f"{name}: expected {count} weights, one of each point, got {list(weights.shape)}")
    wide = double(weights)
    if not bool(torch.isfinite(wide).all()) or bool((wide < 0).any()):
        raise MatchZooError(f"{name}: expected finite weights that are not negative")
    total = wide.sum()
    if not bool(total > 0):
        raise MatchZooError(f"{name}: all weights are 0, so there is no mass to transport")
    return wide / total if scaled else wide


def check_cost(cost: torch.Tensor) -> torch.Tensor:
    """A cost matrix [n, m] in float64, without its graph.

    Raises:
        MatchZooError: it is not a matrix with a row and a column at least, or has entries that are not finite.
    """
    if cost.ndim != 2 or not cost.numel():
        raise MatchZooError(f"transport: expected costs [n, m], n and m at least 1, got {list(cost.shape)}")
    wide = double(cost.detach())
    if not bool(torch.isfinite(wide.sum())):
        raise MatchZooError("transport: costs that are not finite (NaN or infinite); look at the points, or scale them")
    return wide


def absolute_epsilon(epsilon: Epsilon, costs: Iterable[torch.Tensor]) -> float:
    """The strength of the entropy as a number.

    Args:
        epsilon: a number, or a multiple of a cost.
        costs: matrices [n, m], made one by one as they are needed, whose mean or largest entry it is a multiple of: the
            first that are not all 0. Where all are, no strength is better than another, and it is 1.
    """
    if not isinstance(epsilon, str):
        positive()(None, _EPSILON, epsilon)
        return float(epsilon)
    factor, of = _multiple(epsilon)
    scales = (double(cost.mean() if of == "mean" else cost.max()).item() for cost in costs)
    return next((factor * scale for scale in scales if scale > 0), 1.0)


@checked
@torch.no_grad()
def epsilon_within(epsilon: Epsilon, x: torch.Tensor, y: torch.Tensor, cost: Cost = "squared") -> float:
    """The strength of the entropy as a number, relative to costs within ``x`` [n, …] alone, so that it does not move
    with ``y`` [m, …]; where the points of ``x`` coincide, to costs between both."""
    return absolute_epsilon(epsilon, (cost_matrix(x, other, cost) for other in (x, y)))


@functools.lru_cache(maxsize=64)
def _multiple(text: str) -> tuple[float, str]:
    parsed = re.fullmatch(r"\s*(?:([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*\*\s*)?(mean|max)\s*", text)
    try:
        factor = float(parsed[1] or 1) if parsed else 0.0
    except ValueError:
        factor = 0.0
    if parsed is None or not 0 < factor < float("inf"):
        expected = "expected a number above 0, or a multiple of a cost such as '0.05*mean' or '0.01*max'"
        raise DeclarationError([("epsilon", f"{expected}, got '{text}'")])
    return factor, parsed[2]


@says(exclusiveMinimum=0)
def check_epsilon(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """A validator of strengths of the entropy."""
    if isinstance(value, str):
        _multiple(value)
    else:
        positive()(_, attribute, value)


@attrs.frozen
class _Named:
    epsilon: float


_EPSILON = attrs.fields(_Named).epsilon
