"""What probabilities and labels must be before a shift is estimated of them."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double

ROUNDING = 1e-3
"""By how much rows of probabilities may miss a sum of 1; those of float16 do by about this."""


def checked_probabilities(title: str, probabilities: torch.Tensor) -> torch.Tensor:
    """Probabilities [n, C] in float64, without a graph, rows divided by their sums.

    Raises:
        MatchZooError: they are no matrix of at least one row and two classes, negative, not finite, or rows do not sum
            to 1, as those of class scores do not.
    """
    if probabilities.ndim != 2 or not len(probabilities) or probabilities.shape[1] < 2:
        got = list(probabilities.shape)
        raise MatchZooError(f"{title}: expected probabilities [n, C] of at least 2 classes, got {got}")
    values = double(probabilities.detach())
    sums = values.sum(1)
    whole = (values >= 0).all(1) & ((sums - 1).abs() <= ROUNDING)
    rows = (~whole).nonzero().flatten()
    if len(rows):
        raise MatchZooError(
            f"{title}: {len(rows)} of {len(values)} rows are no probabilities, the first is row {int(rows[0])}; take "
            "the softmax of class scores"
        )
    return values / sums[:, None]


def checked_labels(labels: torch.Tensor, count: int, classes: int) -> torch.Tensor:
    """Labels [n] int64 on the CPU, every class among them.

    Raises:
        MatchZooError: another number of labels, labels out of range, or a class without any: its share elsewhere cannot
            be told.
    """
    if labels.shape != (count,) or labels.is_floating_point():
        raise MatchZooError(f"label shift: expected integer labels [{count}], got {list(labels.shape)}")
    labels = labels.cpu().long()
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        got = f"{int(labels.min())} to {int(labels.max())}"
        raise MatchZooError(f"label shift: expected labels from 0 to {classes - 1}, got {got}")
    empty = (labels.bincount(minlength=classes) == 0).nonzero().flatten()
    if len(empty):
        raise MatchZooError(f"label shift: the source has no sample of class {int(empty[0])}; leave the class out")
    return labels
