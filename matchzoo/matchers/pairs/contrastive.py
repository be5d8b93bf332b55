"""Contrastive losses: the cross-entropy of telling the partner of a sample from others."""

from typing import Literal

import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.matchers.pairs.positives import positives_by_row

Form = Literal["one-way", "symmetric", "nt-xent"]
"""Queries look for keys; each looks for the other, the mean of both ways; or all of both look among all of both."""
Negatives = Literal["batch", "queue", "both"]
"""What a query's partner is told from: the other keys, the rows of a queue, or both."""


def contrastive_loss(
    scores: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor | None = None,
    candidates: torch.Tensor | None = None,
) -> torch.Tensor:
    """Σ_i w_i ℓ_i / Σ_i w_i with ℓ_i = −Σ_j t_ij log softmax_j(s_i), a scalar ≥ 0; 0 where no query has a partner.

    Args:
        scores: s, similarities over the temperature, [n, m].
        targets: t, [n, m] not negative, rows of sum 1; a row of 0 has no partner, and does not count.
        weights: w, [n] non-negative; None for equal ones.
        candidates: [n, m] bool, what the softmax of a query is over; None for all.
    """
    if candidates is not None:
        scores = scores.masked_fill(~candidates, -torch.inf)
    logarithms = torch.where(targets > 0, scores.log_softmax(1), 0)  # 0 · log 0 is 0
    losses = -(targets.to(scores) * logarithms).sum(1)
    counted = (targets.sum(1) > 0).to(scores)
    shares = counted if weights is None else counted * weights.to(scores)
    return (shares * losses).sum() / shares.sum().clamp_min(torch.finfo(scores.dtype).tiny)


@checked
def info_nce(
    queries: torch.Tensor,
    keys: torch.Tensor,
    temperature: float = 0.1,
    form: Form = "one-way",
    *,
    targets: torch.Tensor | None = None,
    weights: torch.Tensor | None = None,
    key_weights: torch.Tensor | None = None,
    queue: torch.Tensor | None = None,
    negatives: Negatives = "batch",
    normalize: bool = True,
) -> torch.Tensor:
    """InfoNCE: the cross-entropy of finding the partner k_i of q_i by similarity,
    −log exp(⟨q_i, k_i⟩ / τ) / Σ_j exp(⟨q_i, k_j⟩ / τ); a scalar ≥ 0, differentiable in queries and keys.

    log(number of candidates) less its value bounds the mutual information of partners from below, in nats.

    Examples:
        >>> info_nce(x, y)  # [n, d] each, row by row; τ = 0.1
        >>> info_nce(x, y, 0.5, "nt-xent")  # SimCLR
        >>> info_nce(x, y.detach(), 0.07, queue=rows, negatives="queue")  # MoCo, rows [K, d]

    Args:
        queries: q, [n, d].
        keys: k, [m, d].
        temperature: τ > 0.
        form: ``one-way`` from queries to keys; ``symmetric`` for the mean of both ways; ``nt-xent`` for all n + m rows
            as queries and, each without itself, as keys.
        targets: shares [n, m] of each query's partners among the keys; row i and row i if not given. For ``nt-xent``
            also [n + m, n + m], of queries and keys one after the other.
        weights: of the queries, [n] non-negative; their losses are averaged by these.
        key_weights: of the keys where these are queries, [m] non-negative; in ``one-way`` none is.
        queue: further keys [K, d] that are nobody's partner, for ``one-way``.
        negatives: which others there are, ``batch`` without a queue.
        normalize: take rows at unit length (cosine similarities); if not, dot products.

    Raises:
        MatchZooError: shapes or options do not fit, or the temperature is not above 0.

    Source: van den Oord et al., Representation learning with contrastive predictive coding, 2018; ``nt-xent``: Chen et
    al., A simple framework for contrastive learning of visual representations (SimCLR), ICML 2020; the queue: He et
    al., Momentum contrast, CVPR 2020; several partners: Khosla et al., Supervised contrastive learning, NeurIPS 2020
    (the mean outside of the logarithm).
    """
    _check(queries, keys, targets, form, queue, negatives)
    n, m = len(queries), len(keys)
    if not temperature > 0:
        raise MatchZooError(f"info-nce: expected a temperature above 0, got {temperature}")
    for name, given, count in (("weights", weights, n), ("key_weights", key_weights, m)):
        if given is not None and given.shape != (count,):
            raise MatchZooError(f"info-nce: expected {name} [{count}], got {list(given.shape)}")
    if normalize:
        queries, keys = F.normalize(queries, dim=1), F.normalize(keys, dim=1)
        queue = None if queue is None else F.normalize(queue, dim=1)
    targets = positives_by_row(queries, keys) if targets is None else targets.to(queries)

    if form == "nt-xent":
        rows = torch.cat([queries, keys])
        if targets.shape == (n, m):
            targets = torch.cat([F.pad(targets, (n, 0)), F.pad(backward_targets(targets), (0, m))])
        return contrastive_loss(
            rows @ rows.T / temperature,
            targets,
            _joined(weights, key_weights, n, m, rows),
            ~torch.eye(n + m, dtype=torch.bool, device=rows.device),
        )

    scores = queries @ keys.T / temperature
    if form == "symmetric":
        there = contrastive_loss(scores, targets, weights)
        return (there + contrastive_loss(scores.T, backward_targets(targets), key_weights)) / 2
    if queue is None:
        return contrastive_loss(scores, targets, weights)

    scores = torch.cat([scores, queries @ queue.to(queries).T / temperature], 1)
    targets = F.pad(targets, (0, len(queue)))
    candidates = None
    if negatives == "queue":
        candidates = targets > 0
        candidates[:, m:] = True
    return contrastive_loss(scores, targets, weights, candidates)


def backward_targets(targets: torch.Tensor) -> torch.Tensor:
    """The shares [m, n] of each key's partners among the queries, of those [n, m] the other way round."""
    return targets.T / targets.sum(0)[:, None].clamp_min(torch.finfo(targets.dtype).tiny)


def _joined(
    weights: torch.Tensor | None, key_weights: torch.Tensor | None, n: int, m: int, like: torch.Tensor
) -> torch.Tensor | None:
    if weights is None and key_weights is None:
        return None
    first = like.new_ones(n) if weights is None else weights.to(like)
    return torch.cat([first, like.new_ones(m) if key_weights is None else key_weights.to(like)])


def _check(
    queries: torch.Tensor,
    keys: torch.Tensor,
    targets: torch.Tensor | None,
    form: Form,
    queue: torch.Tensor | None,
    negatives: Negatives,
) -> None:
    n, m = len(queries), len(keys)
    if queries.ndim != 2 or keys.ndim != 2 or queries.shape[1] != keys.shape[1]:
        message = f"expected two sets of features [n, d] and [m, d], got {list(queries.shape)} and {list(keys.shape)}"
        raise MatchZooError(f"info-nce: {message}")
    shapes = [(n, m), (n + m, n + m)] if form == "nt-xent" else [(n, m)]
    if targets is not None and tuple(targets.shape) not in shapes:
        raise MatchZooError(f"info-nce: expected targets of shape {list(shapes[0])}, got {list(targets.shape)}")
    if (queue is None) != (negatives == "batch"):
        message = 'negatives "queue" and "both" are those of a queue, "batch" is without one'
        raise MatchZooError(f"info-nce: {message}")
    if queue is not None and (queue.ndim != 2 or queue.shape[1] != keys.shape[1]):
        raise MatchZooError(f"info-nce: expected a queue [K, {keys.shape[1]}], got {list(queue.shape)}")
    if queue is not None and form != "one-way":
        raise MatchZooError(f'info-nce: a queue is of keys, for the form "one-way", got "{form}"')
