"""How often a query finds its own partner first."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import centered_distances

BLOCK = 1024
"""Queries whose distances are held at once."""


def rank_one(queries: torch.Tensor, gallery: torch.Tensor) -> float:
    """The share of queries whose nearest row of the gallery is their partner, row i for row i, in percent.

    A guess has 100 / n. By cosine, give rows of unit length.

    Args:
        queries: [n, d].
        gallery: [n, d].

    Raises:
        MatchZooError: these are of different shapes.
    """
    if queries.shape != gallery.shape or queries.ndim != 2:
        message = f"expected as many rows [n, d] as queries, {list(queries.shape)}, got {list(gallery.shape)}"
        raise MatchZooError(f"rank-one: {message}")
    queries, gallery, center = queries.detach(), gallery.detach(), queries.detach().mean(0)
    nearest = torch.cat([centered_distances(rows, gallery, center).argmin(1) for rows in queries.split(BLOCK)])
    return 100 * (nearest == torch.arange(len(queries), device=queries.device)).double().mean().item()
