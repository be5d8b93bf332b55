"""Labels that are numbers, and what is wrong with them where they do not count from 0."""

import torch

from matchzoo.core.errors import MatchZooError

LARGEST = 10_000_000
"""Classes that are numbered without names: above it, numbers are something else, such as hashes."""

UNLABELED = -1
"""The label of samples whose labels are kept secret, as the Hub has it."""


def check_numbering(labels: torch.Tensor, where: object, names: int | None = None) -> None:
    """Raise where numbers of classes are too large, count from 1 or leave out some.

    Args:
        labels: [n] whole numbers from 0, of the training samples.
        where: what messages begin with.
        names: how many names there are for them; None where they are called by their numbers.

    Raises:
        MatchZooError: as above; of labels with names only if these are as many as labels that count from 1.
    """
    lowest, highest = int(labels.min()), int(labels.max())
    if names is None and highest >= LARGEST:
        raise MatchZooError(f"{where}: expected numbers of classes, got {highest}; number them from 0")
    if lowest == 1 and names in (None, highest):
        raise MatchZooError(f"{where}: are numbered from 1 to {highest}; number them from 0: subtract 1")
    if names is None:
        there = set(labels.unique().tolist())
        gaps = [number for number in range(highest + 1) if number not in there]
        if gaps:
            shown = ", ".join(map(str, gaps[:5])) + (", …" if len(gaps) > 5 else "")
            raise MatchZooError(
                f"{where}: no training sample has the number {shown} (they go up to {highest}); number the classes "
                "without gaps, from 0"
            )
