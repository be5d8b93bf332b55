"""What sets of features must be before a number is made of them."""

from collections.abc import Sequence

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double

BLOCK = 1024
"""Rows that are converted to float64 at once where all of them need not be."""


def checked_features(title: str, least: int = 2, **sets: torch.Tensor) -> list[torch.Tensor]:
    """Sets of features [n, d] in float64, of the same dimension, without a graph; what `check_features` takes."""
    check_features(title, least, **sets)
    return [double(x.detach()) for x in sets.values()]


def check_features(title: str, least: int = 2, **sets: torch.Tensor) -> None:
    """Refuse sets that are not features [n, d] of the same dimension; holds a block of rows beside them.

    Args:
        title: of the metric, for messages.
        least: rows that every set has at least.
        sets: by the names that messages call them.

    Raises:
        MatchZooError: a set is not a matrix or has too few rows, the dimensions differ, or some features are not finite
            with the set and its first such row.
    """
    shapes = {name: tuple(x.shape) if isinstance(x, torch.Tensor) else None for name, x in sets.items()}
    are_matrices = all(shape is not None and len(shape) == 2 for shape in shapes.values())
    dimensions = {shape[-1] for shape in shapes.values() if shape}
    if not are_matrices or len(dimensions) != 1 or 0 in dimensions:
        raise MatchZooError(f"{title}: expected features [n, d], d the same in every set, got {_said(sets)}")
    if min(map(len, sets.values())) < least:
        raise MatchZooError(f"{title}: expected at least {least} samples in every set, got {_said(sets)}")

    for name, x in sets.items():
        sums = torch.stack([double(rows).sum() for rows in x.detach().split(BLOCK)])
        if sums.isfinite().all():  # then every number is
            continue
        wrong: Sequence[int] = (~x.isfinite()).any(1).nonzero().flatten().tolist()
        if wrong:
            raise MatchZooError(
                f"{title}: the features are not all finite: {len(wrong)} of {len(x)} rows of {name} are not, the first "
                f"is row {wrong[0]}; are the images in [0, 1], and the weights whole?"
            )


def _said(sets: dict[str, torch.Tensor]) -> str:
    """Names and shapes of sets."""
    shapes = {name: list(x.shape) if isinstance(x, torch.Tensor) else type(x).__name__ for name, x in sets.items()}
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())
