"""The last rows that were seen, in a ring of fixed length: the negatives of a contrastive loss."""

import torch
import torch.nn.functional as F
from torch import nn


def enqueue(rows: torch.Tensor, place: torch.Tensor, added: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A ring of rows with others written from a place on, in order; after the last row comes the first.

    Nothing is dropped where the end is met. Of more rows than the ring has, the last ones stay.

    Args:
        rows: [K, d].
        place: [], int64, of the row that is the oldest.
        added: [n, d].

    Returns:
        The ring [K, d] and the place of its oldest row.
    """
    size, last = len(rows), added[-len(rows) :]
    start = place + (len(added) - len(last))
    places = (start + torch.arange(len(last), device=rows.device)) % size
    return rows.index_copy(0, places, last.to(rows)), (place + len(added)) % size


class Ring(nn.Module):
    """The last K rows as buffers, random unit rows at first; what is to be added is kept aside until it is written.

    Args:
        size: K.
        features: d.
        rng: of the first rows.
    """

    rows: torch.Tensor
    place: torch.Tensor

    def __init__(self, size: int, features: int, rng: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("rows", F.normalize(torch.randn(size, features, generator=rng), dim=1))
        self.register_buffer("place", torch.zeros((), dtype=torch.int64))
        self.pending: torch.Tensor | None = None

    def keep_aside(self, added: torch.Tensor) -> None:
        """Note the rows [n, d] that `write` is to add."""
        self.pending = added.detach()

    def write(self) -> None:
        """Add what was kept aside, once."""
        if self.pending is not None:
            rows, place = enqueue(self.rows, self.place, self.pending)
            self.rows.copy_(rows)
            self.place.copy_(place)
            self.pending = None
