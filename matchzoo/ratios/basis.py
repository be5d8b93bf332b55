"""What the estimators share: centers of kernels, candidates, folds, the choice among them and its progress."""

from collections.abc import Callable, Sequence

import torch

from matchzoo.core.numerics.bandwidths import Bandwidth
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.step import Step

FOLDS = 5
"""Of cross-validation by held-out likelihood."""
CANDIDATES: tuple[Bandwidth, ...] = ("0.2*median", "0.35*median", "0.6*median", "median", "1.7*median")
"""Bandwidths to choose from."""
DELAY = 2.0
"""Seconds of fitting before its progress is shown."""


def centers(numerator: Samples, count: int, step: Step) -> Samples:
    """The numerator's samples, or ``count`` of them at random if there are more."""
    if len(numerator) <= count:
        return numerator
    # The name decides the draw, so it keeps the spelling that it had when results were first published.
    rows = torch.randperm(len(numerator), generator=step.rng("centres"))[:count].sort().values
    return numerator.rows(rows.to(numerator.values.device))


def design(samples: Samples, basis: Samples, bandwidth: float) -> torch.Tensor:
    """Gaussian kernels [n, b] between n samples and b centers."""
    return samples.gram(basis, bandwidth)


def design_at(x: torch.Tensor, basis: Samples, bandwidth: float) -> torch.Tensor:
    """Gaussian kernels [k, b] between new points [k, …] and b centers."""
    return gaussian(squared_distances(x.flatten(1), basis.values.flatten(1)), bandwidth)


def folds(count: int, step: Step) -> list[torch.Tensor]:
    """Rows [k] of each of `FOLDS` random parts of nearly equal size (fewer where there are fewer rows)."""
    order = torch.randperm(count, generator=step.rng("folds"))
    return [part for part in order.chunk(min(FOLDS, count)) if len(part)]


def fits(title: str, count: int) -> Progress:
    """The progress of a method that fits ``count`` times; shown where that takes long, and silent of a single fit."""
    return Progress(count, title, "fits", quiet=count < 2, delay=DELAY)


def best(candidates: Sequence[tuple[float, ...]], loss: Callable[[tuple[float, ...]], float]) -> tuple[float, ...]:
    """The candidate of least loss (the first of equal ones); a single one is taken without asking."""
    return candidates[0] if len(candidates) == 1 else min(candidates, key=loss)
