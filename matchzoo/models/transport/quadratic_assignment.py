"""Second-order matching of two aligned views: vertices and edges together, and a gradient through the pairing."""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.models.transport.exact import assignment


def quadratic_assignment(
    scores: torch.Tensor, pair_scores: torch.Tensor, iterations: int = 30
) -> tuple[torch.Tensor, torch.Tensor]:
    """The pairing of two aligned views that scores best, max_p Σ_i v[i, p_i] + Σ_ij e[i, p_i, j, p_j], approximately.

    Frank–Wolfe over doubly stochastic matrices with an assignment in each step, from the uniform matrix and from the
    best assignment of v alone; of all assignments on the way the best one is kept, and improved by exchanging pairs as
    long as one helps. (The problem is NP-hard.) No gradient: see `perturbed_assignment`.

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

    def linear(slope: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(assignment(-slope)).to(v.device)

    candidates = [linear(v)]
    if not e.any():
        return candidates[0], _scores(candidates[0][None], v, e)[0]
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
    best = torch.stack(candidates)
    return _exchanged(best[_scores(best, v, e).argmax()], v, e)


def _scores(pairings: torch.Tensor, v: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
    """[m] of pairings [m, n]."""
    index = torch.arange(pairings.shape[1], device=v.device)
    edges = e[index[:, None], pairings[:, :, None], index, pairings[:, None]]  # [m, n, n]
    return v[index, pairings].sum(1) + edges.sum((1, 2))


def _exchanged(p: torch.Tensor, v: torch.Tensor, e: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A pairing [n] after exchanges of two partners, the best one each time, as long as one raises its score."""
    reached = _scores(p[None], v, e)[0]
    first, second = torch.triu_indices(len(p), len(p), 1, device=p.device)
    row = torch.arange(len(first), device=p.device)
    while len(row):
        others = p.repeat(len(row), 1)
        others[row, first], others[row, second] = p[second], p[first]
        scores = _scores(others, v, e)
        best = scores.argmax()
        if scores[best] <= reached:
            break
        p, reached = others[best], scores[best]
    return p, reached


def perturbed_assignment(
    scores: torch.Tensor,
    pair_scores: torch.Tensor,
    noise: float = 0.1,
    step: float = 0.4,
    draws: int = 1,
    iterations: int = 8,
    rng: torch.Generator | None = None,
) -> torch.Tensor:
    """The mean matrix P of `quadratic_assignment` under noise on v, with a gradient: implicit maximum likelihood.

    P_ij is how often i is paired with j among pairings of v + noise · G, where the entries of G are Gumbel. For
    a loss L with the gradient g = dL/dP, backward takes difference quotients of pairings with the same noise,

        dL/dv = (P(v, e) − P(v − λ g, e)) / λ,    λ = step / max |g|,

    and likewise for e with P_ia P_jb of each draw. Where L is linear, this is an unbiased estimate of a difference
    quotient of the smooth function E P, which goes to its derivative with the step.

    Args:
        scores: v [n, n].
        pair_scores: e [n, n, n, n].
        noise: factor of the Gumbel noise, ≥ 0; without noise P is a permutation, whose gradient is no derivative.
        step: > 0, how far the scores of vertices move for the quotient; a larger one has less variance and more bias.
        draws: of the noise.
        iterations: as of `quadratic_assignment`.
        rng: of the noise.

    Returns:
        P [n, n], rows and columns of sum 1, in the precision of the scores.

    Raises:
        MatchZooError: as `quadratic_assignment`; a noise below 0, a step not above it, or no draw.

    Source: Niepert, Minervini and Franceschi, Implicit MLE, NeurIPS 2021, algorithm 1 (whose λ is ours without the
    scale of g, so that a factor of the loss is one of its gradient); used for graph matching by
    Nguyen et al., LVM-Med, NeurIPS 2023.
    """
    if noise < 0 or step <= 0 or draws < 1:
        message = f"expected noise ≥ 0, step > 0 and draws ≥ 1, got {noise}, {step} and {draws}"
        raise MatchZooError(f"assignment: {message}")
    uniform = torch.rand((draws, *scores.shape), generator=rng, dtype=torch.float64)
    gumbel = -(-uniform.clamp_min(torch.finfo(uniform.dtype).tiny).log()).log()
    pairing: torch.Tensor = _Implicit.apply(scores, pair_scores, (noise * gumbel).to(scores.device), step, iterations)
    return pairing


class _Implicit(torch.autograd.Function):
    """Pairings under given noise, and difference quotients of them in place of a derivative."""

    @staticmethod
    def forward(
        ctx: Any, v: torch.Tensor, e: torch.Tensor, noise: torch.Tensor, step: float, iterations: int
    ) -> torch.Tensor:
        pairings = _pairings(double(v) + noise, e, iterations)
        ctx.save_for_backward(v, e, noise, pairings)
        ctx.step, ctx.iterations = step, iterations
        return _matrices(pairings).mean(0).to(v)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The change of pairings, and of pairs of pairs, where scores go against the gradient."""
        v, e, noise, pairings = ctx.saved_tensors
        size = ctx.step / double(gradient).abs().max().clamp_min(torch.finfo(torch.float64).tiny)
        others = _pairings(double(v) - size * double(gradient) + noise, e, ctx.iterations)
        first, second = _matrices(pairings), _matrices(others)
        slope = (first - second).mean(0) / size
        pair_slope = None
        if ctx.needs_input_grad[1]:
            pairs = [torch.einsum("kia,kjb->iajb", P, P) / len(P) for P in (first, second)]
            pair_slope = ((pairs[0] - pairs[1]) / size).to(e)
        return slope.to(v), pair_slope, None, None, None


def _pairings(scores: torch.Tensor, e: torch.Tensor, iterations: int) -> torch.Tensor:
    """[k, n] of scores [k, n, n]."""
    return torch.stack([quadratic_assignment(v, e, iterations)[0] for v in scores])


def _matrices(pairings: torch.Tensor) -> torch.Tensor:
    """Permutation matrices [k, n, n] of pairings [k, n]."""
    return double(torch.nn.functional.one_hot(pairings, pairings.shape[1]))
