"""One gradient from those of several terms that move the same parameters."""

from collections.abc import Mapping, Sequence

import torch

from matchzoo.core.numerics.float64 import double
from matchzoo.training.chunking import Gradients
from matchzoo.training.players import Player

ITERATIONS = 1000
"""Of the search for the shortest vector, at most."""


def min_norm_weights(gradients: torch.Tensor) -> torch.Tensor:
    """Weights w ≥ 0 with Σ w = 1 of the shortest vector ‖Σ w_i g_i‖ in the convex hull of some gradients.

    Frank–Wolfe with exact line search, in float64; for two gradients the closed form. Where it is not zero, a small
    step against that vector lowers every term.

    Args:
        gradients: [k, d].

    Returns:
        [k], float64.

    Source: Désidéri, Multiple-gradient descent algorithm, 2012; Sener and Koltun, Multi-task learning as
        multi-objective optimization, NeurIPS 2018, algorithm 2.
    """
    wide = double(gradients)
    gram = wide @ wide.T
    weights = torch.full((len(gram),), 1 / len(gram), dtype=gram.dtype, device=gram.device)
    for _ in range(ITERATIONS):
        products = gram @ weights
        best = products.argmin()
        gap = weights @ products - products[best]
        if float(gap) <= 1e-12 * float(gram.diagonal().max()):
            break
        curvature = weights @ products - 2 * products[best] + gram[best, best]
        share = (gap / curvature.clamp_min(torch.finfo(gram.dtype).tiny)).clamp(0, 1)
        weights = weights * (1 - share)
        weights[best] = weights[best] + share
    return weights


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
        own = gradient
        for j, other in enumerate(gradients):
            product = own @ other
            if i != j and float(product) < 0:
                own = own - product / other.square().sum() * other
        projected.append(own)
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
        own = [list(values) for (owner, _), values in found.items() if owner == name]
        gradients[name] = own[0] if len(own) == 1 else _combine(own, player.combine)
    return gradients


def _combine(objectives: Sequence[Sequence[torch.Tensor | None]], how: str) -> list[torch.Tensor | None]:
    """One gradient for each parameter from those of some objectives, which are combined as whole vectors."""
    shaped = [next((own for own in column if own is not None), None) for column in zip(*objectives, strict=True)]
    used = [i for i, like in enumerate(shaped) if like is not None]
    rows = []
    for gradients in objectives:
        pieces = []
        for i in used:
            own, like = gradients[i], shaped[i]
            assert like is not None
            pieces.append((torch.zeros_like(like) if own is None else own).flatten())
        rows.append(torch.cat(pieces))

    stacked = torch.stack(rows)
    whole = project_conflicts(stacked) if how == "pcgrad" else min_norm_weights(stacked).to(stacked) @ stacked
    result: list[torch.Tensor | None] = [None] * len(shaped)
    start = 0
    for i in used:
        like = shaped[i]
        assert like is not None
        result[i] = whole[start : start + like.numel()].view_as(like)
        start += like.numel()
    return result
