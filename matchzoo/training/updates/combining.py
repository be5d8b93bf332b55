"""One gradient from those of several terms that move the same parameters."""

from collections.abc import Mapping, Sequence

import torch

from matchzoo.core.numerics.float64 import double
from matchzoo.training.players import Player
from matchzoo.training.updates.chunking import Gradients
from matchzoo.training.updates.pareto import pareto_weights

ITERATIONS = 1000
"""Of the search for the shortest vector, at most; it ends after about as many as there are terms."""


def min_norm_weights(gradients: torch.Tensor) -> torch.Tensor:
    """Weights w ≥ 0 with Σ w = 1 of the shortest vector ‖Σ w_i g_i‖ in the convex hull of some gradients.

    Exact but for rounding, by Wolfe's method in float64. Where that vector is not zero, a small step against it lowers
    every term.

    Args:
        gradients: [k, d].

    Returns:
        [k], float64.

    Source: Désidéri, Multiple-gradient descent algorithm, 2012; Wolfe, Finding the nearest point in a polytope, 1976.
    """
    wide = double(gradients)
    gram = wide @ wide.T
    tolerance = 1e-12 * float(gram.diagonal().max())
    corral = [int(gram.diagonal().argmin())]
    weights = gram.new_ones(1)
    for _ in range(ITERATIONS):
        products = gram[:, corral] @ weights
        nearest = int(products.argmin())
        if nearest in corral or float(products[nearest]) >= float(weights @ products[corral]) - tolerance:
            break
        corral.append(nearest)
        weights = torch.cat([weights, weights.new_zeros(1)])
        corral, weights = _within_hull(gram, corral, weights)

    whole = gram.new_zeros(len(gram))
    whole[corral] = weights
    return whole


def _within_hull(gram: torch.Tensor, corral: list[int], weights: torch.Tensor) -> tuple[list[int], torch.Tensor]:
    """Toward the shortest vector of the affine hull of some gradients, which those leave that would get no weight."""
    while True:
        count = len(corral)
        system = gram.new_ones(count + 1, count + 1)
        system[:count, :count] = gram[corral][:, corral]
        system[count, count] = 0
        right = gram.new_zeros(count + 1)
        right[count] = 1
        affine = (torch.linalg.pinv(system, hermitian=True) @ right)[:count]
        if bool((affine > 0).all()):
            return corral, affine

        leaving = affine <= 0
        share = (weights[leaving] / (weights[leaving] - affine[leaving]).clamp_min(1e-300)).min().clamp(0, 1)
        weights = weights + share * (affine - weights)
        kept = weights > 1e-14
        corral = [index for index, stays in zip(corral, kept.tolist(), strict=True) if stays]
        weights = weights[kept] / weights[kept].sum()


def project_conflicts(gradients: torch.Tensor) -> torch.Tensor:
    """The sum of gradients after each has lost its component along every other that it conflicts with (⟨g_i, g_j⟩ < 0).

    The others are taken in order, so that it is a function of the gradients; the paper takes them in a random order.

    Args:
        gradients: [k, d].

    Returns:
        [d].

    Source: Yu et al., Gradient surgery for multi-task learning, NeurIPS 2020, algorithm 1.
    """
    projected = []
    for i, gradient in enumerate(gradients):
        result = gradient
        for j, other in enumerate(gradients):
            product = result @ other
            if i != j and float(product) < 0:
                result = result - product / other.square().sum() * other
        projected.append(result)
    return torch.stack(projected).sum(0)


def combined(
    players: Mapping[str, Player], found: Mapping[tuple[str, int], Sequence[torch.Tensor | None]]
) -> Gradients:
    """The gradients of every player, one for each of its parameters, from those of its objectives.

    Args:
        players: by name.
        found: by player and position, a gradient […] of the shape of each parameter; None for one that the objective
            does not depend on.
    """
    gradients: Gradients = {}
    for name, player in players.items():
        terms = [list(values) for (owner, _), values in found.items() if owner == name]
        gradients[name] = terms[0] if len(terms) == 1 else _combine(terms, player)
    return gradients


def combine_rows(gradients: torch.Tensor, how: str, surrogate: int | None = None) -> torch.Tensor:
    """One gradient [d] from those [k, d] of some terms, as `Player.combine` says.

    Under ``pareto`` and ``pareto-balance`` it is (k − 1) Σ_i w_i g_i over the terms beside the surrogate, with the
    weights of `pareto_weights`; their sum, which has equal weights, where the program has no solution.
    """
    if how == "pcgrad":
        return project_conflicts(gradients)
    if how == "min-norm":
        return min_norm_weights(gradients).to(gradients) @ gradients
    if how == "sum" or surrogate is None:
        return gradients.sum(0)

    others = torch.cat([gradients[:surrogate], gradients[surrogate + 1 :]])
    weights = pareto_weights(others, gradients[surrogate], "balance" if how == "pareto-balance" else "descent")
    return others.sum(0) if weights is None else len(others) * (weights.to(others) @ others)


def _combine(objectives: Sequence[Sequence[torch.Tensor | None]], player: Player) -> list[torch.Tensor | None]:
    """One gradient for each parameter from those of some objectives, which are combined as whole vectors."""
    shaped = [
        next((values for values in column if values is not None), None) for column in zip(*objectives, strict=True)
    ]
    used = [i for i, like in enumerate(shaped) if like is not None]
    rows = []
    for gradients in objectives:
        pieces = []
        for i in used:
            values, like = gradients[i], shaped[i]
            assert like is not None
            pieces.append((torch.zeros_like(like) if values is None else values).flatten())
        rows.append(torch.cat(pieces))

    whole = combine_rows(torch.stack(rows), player.combine, player.surrogate)
    result: list[torch.Tensor | None] = [None] * len(shaped)
    start = 0
    for i in used:
        like = shaped[i]
        assert like is not None
        result[i] = whole[start : start + like.numel()].view_as(like)
        start += like.numel()
    return result
