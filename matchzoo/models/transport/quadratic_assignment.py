"""Second-order matching of two aligned views: vertices and edges together."""

import itertools
from collections.abc import Callable

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.models.transport.exact import assignment


def quadratic_assignment(
    scores: torch.Tensor, pair_scores: torch.Tensor, iterations: int = 30
) -> tuple[torch.Tensor, torch.Tensor]:
    """The pairing of two aligned views that scores best, max_p Σ_i v[i, p_i] + Σ_ij e[i, p_i, j, p_j], approximately.

    Frank–Wolfe over doubly stochastic matrices with an assignment in each step, from the uniform matrix and from the
    best assignment of v alone; of all assignments on the way the best one is kept, and improved by exchanging pairs as
    long as one helps. (The problem is NP-hard.) No gradient.

    Args:
        scores: v [n, n], of a vertex and its partner.
        pair_scores: e [n, n, n, n], of an edge (i, j) and that of the partners (p_i, p_j), indexed [i, p_i, j, p_j].
        iterations: of Frank–Wolfe, at most, for each start.

    Returns:
        p [n], int64, and its score.

    Source: Leordeanu, Hebert and Sukthankar, An integer projected fixed point method for graph matching, NeurIPS 2009.
    """
    n = len(scores)
    if scores.shape != (n, n) or pair_scores.shape != (n, n, n, n):
        got = f"{list(scores.shape)} and {list(pair_scores.shape)}"
        raise MatchZooError(f"assignment: expected scores [n, n] and pair scores [n, n, n, n], got {got}")
    v, e = double(scores.detach()), double(pair_scores.detach())
    if not bool(torch.isfinite(v.sum() + e.sum())):
        raise MatchZooError("assignment: scores that are not finite")
    index = torch.arange(n, device=v.device)

    def score(p: torch.Tensor) -> torch.Tensor:
        return v[index, p].sum() + e[index, p][:, index, p].sum()

    def linear(slope: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(assignment(-slope)).to(v.device)

    candidates = [linear(v)]
    for start in (torch.full_like(v, 1 / n), torch.nn.functional.one_hot(candidates[0], n).to(v)):
        P = start
        for _ in range(iterations):
            slope = v + torch.einsum("iajb,jb->ia", e, P) + torch.einsum("jbia,jb->ia", e, P)
            vertex = linear(slope)
            candidates.append(vertex)
            direction = torch.nn.functional.one_hot(vertex, n).to(v) - P
            gain = (slope * direction).sum()
            bend = torch.einsum("iajb,ia,jb->", e, direction, direction)
            if gain <= 1e-12:
                break
            P = P + (1.0 if bend >= 0 else min(1.0, (-gain / (2 * bend)).item())) * direction
    best = max(candidates, key=lambda p: score(p).item())
    return _exchanged(best, score)


def _exchanged(p: torch.Tensor, score: Callable[[torch.Tensor], torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """A pairing [n] after exchanges of two partners, as long as one raises its score."""
    reached, improved = score(p), True
    while improved:
        improved = False
        for i, j in itertools.combinations(range(len(p)), 2):
            other = p.clone()
            other[i], other[j] = p[j], p[i]
            value = score(other)
            if value > reached:
                p, reached, improved = other, value, True
    return p, reached
