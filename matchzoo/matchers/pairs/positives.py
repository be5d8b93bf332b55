"""Which keys belong to which query, and how sure that is: the targets of a contrastive loss."""

import torch
import torch.nn.functional as F

from matchzoo.core.errors import MatchZooError


def positives_by_row(queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Row i for row i, [n, n], of queries and keys [n, …]; raises unless these are as many."""
    if len(queries) != len(keys):
        message = f"partners by row need as many keys as queries, got {len(queries)} and {len(keys)}"
        raise MatchZooError(f"info-nce: {message}")
    return torch.eye(len(queries), device=queries.device)


def positives_by_label(queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Equal shares [n, m] of the keys of a query's class; a row of 0 where there are none.

    Args:
        queries: class indices [n].
        keys: class indices [m].
    """
    return _shares(queries[:, None] == keys)


def others_of_class(labels: torch.Tensor) -> torch.Tensor:
    """Equal shares [n, n] of the other rows of a row's class, for class indices [n]."""
    return _shares((labels[:, None] == labels) & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device))


def positives_of_plan(coupling: torch.Tensor) -> torch.Tensor:
    """Shares [n, m] in which the mass of each query goes to the keys; of an assignment, a permutation.

    Args:
        coupling: π [n, m] of a transport plan, not negative.
    """
    return coupling / coupling.sum(1, keepdim=True).clamp_min(torch.finfo(coupling.dtype).tiny)


def nearest_positives(scores: torch.Tensor) -> torch.Tensor:
    """One for the most similar key of each query, [n, m], and 0 else; several queries may have the same.

    Args:
        scores: similarities [n, m].
    """
    return F.one_hot(scores.argmax(1), scores.shape[1]).to(scores)


def pair_reliability(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """How sure partners are of each other: Σ_j t_ij · softmax_j(s_i·) · softmax_i(s_·j), [n] in [0, 1].

    It has no graph. 1 where partners see nobody else; 1 / (n m) where nothing tells samples apart.

    Args:
        scores: s, similarities over the temperature, [n, m].
        targets: t, shares of each query's keys, [n, m].

    Source: our reading of reliability-weighted contrastive learning over assigned pairs (ISR), whose weight is in no
    published code.
    """
    scores = scores.detach()
    return (targets.to(scores) * scores.softmax(1) * scores.softmax(0)).sum(1)


def group_means(values: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean [g, d] of the rows of every class that there is, and these classes [g], ascending.

    Args:
        values: [m, d].
        labels: class indices [m].
    """
    classes, group, counts = labels.unique(return_inverse=True, return_counts=True)
    sums = values.new_zeros(len(classes), values.shape[1]).index_add(0, group, values)
    return sums / counts[:, None], classes


def _shares(same: torch.Tensor) -> torch.Tensor:
    return same.double() / same.sum(1, keepdim=True).clamp_min(1)
