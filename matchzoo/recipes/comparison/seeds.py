"""Runs that differ in their seed alone: how they are found, and the mean of what they say with its standard error."""

import statistics
from collections.abc import Sequence
from typing import Any

from matchzoo.runs.folder.claim import ELSEWHERE, flat
from matchzoo.runs.runnable import Runnable

SEED = "trainer.seed"
"""The field by which runs of one group differ."""


def mean_and_error(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean of some numbers, at least one, and its standard error s/√n, with s of n − 1 degrees of freedom; None of
    a single number."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return statistics.mean(values), error


def but_for_the_seed(recipe: Runnable) -> dict[str, Any]:
    """What two recipes must have in common to be one but for their seed: every field by its path, without the seed and
    what may differ between the sessions of a run (device, chunk)."""
    return {path: value for path, value in flat(recipe.table()).items() if path not in (SEED, *ELSEWHERE)}
