"""What the estimators share: centers of kernels, candidates, folds, the choice among them and its progress."""

from collections.abc import Callable, Sequence

import torch

from matchzoo.core.numerics.bandwidths import Bandwidth
from matchzoo.core.numerics.distances import centered_distances, gaussian, squared_distances
from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress, note
from matchzoo.core.showing.text import time_of
from matchzoo.core.step import Step

REFINEMENTS = 4
"""Bandwidths tried between the neighbors of the best of those given."""
GOLDEN = (3 - 5**0.5) / 2
FOLDS = 5
"""Of cross-validation by held-out likelihood."""
CANDIDATES: tuple[Bandwidth, ...] = ("0.2*median", "0.35*median", "0.6*median", "median", "1.7*median")
"""Bandwidths to choose from."""
BLOCK = 2048
"""Samples at a time, whose kernels are not to be held together with those of others."""
LONG = 5.0
"""Seconds of fitting that are announced."""
DELAY = 2.0
"""Seconds of fitting before its progress is shown."""


def center_rows(size: int, count: int, step: Step) -> torch.Tensor:
    """Rows [b] of a numerator of a size that are centers: all, or ``count`` of them at random if there are more."""
    if size <= count:
        return torch.arange(size)
    # The name decides the draw, so it keeps the spelling that it had when results were first published.
    return torch.randperm(size, generator=step.rng("centres"))[:count].sort().values


def centers(numerator: Samples, count: int, step: Step) -> Samples:
    """The numerator's samples at `center_rows`; the numerator itself where these are all."""
    if len(numerator) <= count:
        return numerator
    return numerator.rows(center_rows(len(numerator), count, step).to(numerator.values.device))


def designs(numerator: Samples, denominator: Samples, basis: Samples, bandwidth: float) -> list[torch.Tensor]:
    """Gaussian kernels [n, b] and [m, b] between the samples of both sets and b centers.

    Where the centers are the whole numerator, these are the Gram matrices that the sets keep for whoever asks next.
    """
    if basis is numerator:
        return [samples.gram(basis, bandwidth) for samples in (numerator, denominator)]
    return [design_at(samples.values, basis, bandwidth) for samples in (numerator, denominator)]


def design_at(x: torch.Tensor, basis: Samples, bandwidth: float) -> torch.Tensor:
    """Gaussian kernels [k, b] between new points [k, …] and b centers; by `BLOCK` points where no gradient passes."""
    points, centers = x.flatten(1), basis.values.flatten(1)
    moved = torch.is_grad_enabled() and (points.requires_grad or centers.requires_grad)
    if moved or len(points) <= BLOCK:
        return gaussian(squared_distances(points, centers), bandwidth)
    kernels = points.new_empty(len(points), len(centers))
    center = points.mean(0)
    for rows, into in zip(points.split(BLOCK), kernels.split(BLOCK), strict=True):
        into.copy_(gaussian(centered_distances(rows, centers, center), bandwidth))
    return kernels


def folds(count: int, step: Step) -> list[torch.Tensor]:
    """Rows [k] of each of `FOLDS` random parts of nearly equal size (fewer where there are fewer rows)."""
    order = torch.randperm(count, generator=step.rng("folds"))
    return [part for part in order.chunk(min(FOLDS, count)) if len(part)]


def announce(title: str, seconds: float) -> None:
    """Tell beforehand about how long a fit takes, where that is long."""
    if seconds > LONG:
        note(f"{title}: about {time_of(seconds)}")


def fits(title: str, count: int) -> Progress:
    """The progress of a method that fits ``count`` times; shown where that takes long, and silent of a single fit."""
    return Progress(count, title, "fits", quiet=count < 2, delay=DELAY)


def best(candidates: Sequence[tuple[float, ...]], loss: Callable[[tuple[float, ...]], float]) -> tuple[float, ...]:
    """The candidate of least loss (the first of equal ones); a single one is taken without asking."""
    return candidates[0] if len(candidates) == 1 else min(candidates, key=loss)


def narrowed(losses: dict[float, float], loss: Callable[[float], float], count: int) -> float:
    """The best of some numbers above 0, and of ``count`` more: golden sections of the wider of both intervals next to
    the best so far, on the scale of logarithms.

    Args:
        losses: by number; those of the numbers that are tried are added.
        loss: of a number.
        count: how many more are tried.
    """
    for _ in range(count):
        best = min(losses, key=lambda x: losses[x])
        below, above = (
            max((x for x in losses if x < best), default=best),
            min((x for x in losses if x > best), default=best),
        )
        if below == above:
            break
        other = below if best / below > above / best else above
        middle = best * (other / best) ** GOLDEN
        losses[middle] = loss(middle)
    return min(losses, key=lambda x: losses[x])
