"""Two linear programs that combine gradients of several terms for the good of another, as ParetoDA does."""

import itertools
from typing import Literal

import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.numerics.float64 import double

MOST = 6
"""Gradients that are combined at most: the vertices of the program, which are all looked at, are C(2k + 1, k − 1)."""
TOLERANCE = 1e-9
"""By which a scaled constraint may be missed."""


def linear_program(objective: torch.Tensor, rows: torch.Tensor, bounds: torch.Tensor) -> torch.Tensor | None:
    """The weights w ≥ 0 with Σ w = 1 and A w ≥ b that make ⟨c, w⟩ largest.

    Exact but for rounding: the best of all vertices, each the solution of a small system. For a handful of weights.

    Args:
        objective: c, [k].
        rows: A, [m, k].
        bounds: b, [m].

    Returns:
        w, [k] in float64; None where no weights satisfy the constraints.
    """
    c, rows, bounds = double(objective).cpu(), double(rows).cpu(), double(bounds).cpu()
    k = len(c)
    scale = rows.abs().amax(1).clamp_min(1e-300)
    every = torch.cat([torch.eye(k, dtype=c.dtype), rows / scale[:, None]])
    least = torch.cat([c.new_zeros(k), bounds / scale])

    active = torch.tensor(list(itertools.combinations(range(len(every)), k - 1))).reshape(-1, k - 1)
    systems = torch.cat([every[active], c.new_ones(len(active), 1, k)], 1)
    right = torch.cat([least[active], c.new_ones(len(active), 1)], 1)
    vertices, _ = torch.linalg.solve_ex(systems, right)
    missed = (least - vertices @ every.T).amax(1)
    feasible = vertices.isfinite().all(1) & (missed <= TOLERANCE) & ((vertices.sum(1) - 1).abs() <= TOLERANCE)
    if not bool(feasible.any()):
        return None

    vertices = vertices[feasible].clamp_min(0)
    best = vertices[(vertices @ c).argmax()]
    return best / best.sum()


@checked
def pareto_weights(
    gradients: torch.Tensor, surrogate: torch.Tensor, program: Literal["descent", "balance"] = "descent"
) -> torch.Tensor | None:
    """Weights w ≥ 0 with Σ w = 1 of gradients G = (g_1 … g_k) of some terms, for the good of a term whose gradient g_v
    is known but which is not descended itself.

    With C = GGᵀ and a = G g_v, ``descent`` makes the fall of all terms together, Σ_i (C w)_i, largest, where none of
    them rises, C w ≥ 0, and the surrogate falls at least by ⟨w, a⟩ ≥ min(max_i a_i, 0). ``balance`` makes the
    surrogate's fall ⟨w, a⟩ largest; a term that conflicts with it (a_i ≤ 0) may rise by −a_i at most, and the one that
    agrees with it most not at all.

    Args:
        gradients: G, [k, d] with 2 ≤ k ≤ 6.
        surrogate: g_v, [d].
        program: which of the two.

    Returns:
        [k], float64; None where no weights satisfy the constraints.

    Source: Lv et al., Pareto domain adaptation, NeurIPS 2021, whose released code always takes ``descent``.
    """
    wide, judge = double(gradients), double(surrogate)
    gram, agreement = (wide @ wide.T).cpu(), (wide @ judge).cpu()
    if program == "descent":
        least = agreement.max().clamp_max(0)
        rows = torch.cat([agreement[None], gram])
        return linear_program(gram.sum(0), rows, torch.cat([least[None], gram.new_zeros(len(gram))]))

    most = int(agreement.argmax())
    bounds = agreement.clone()
    bounds[most] = 0
    bounded = agreement <= 0
    bounded[most] = True
    return linear_program(agreement, gram[bounded], bounds[bounded])
