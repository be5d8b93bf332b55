"""The verdict of a run: all that speaks against its result, from its course, its samples and its evaluations."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from matchzoo.core import findings as limits
from matchzoo.core.findings import Finding
from matchzoo.core.samples import unweighted
from matchzoo.evaluation import Evaluation, Record
from matchzoo.evaluation.evaluation import some_rows
from matchzoo.evaluation.metrics.resemblance import share_of_a_point, spread
from matchzoo.generators import Selection
from matchzoo.training.composition import Composition
from matchzoo.training.course import findings_of_terms, losses_that_never_fell

SAMPLES, FEWEST = 500, 64
"""Of a generator that has no end of them, and of the data; fewer, where these are images of more than `NUMBERS`."""
NUMBERS = 2**24
"""Pixels, or other numbers, of all samples that are looked at."""


def findings(
    parts: Composition,
    log: Sequence[Mapping[str, Any]],
    evaluations: Sequence[Evaluation],
    results: Sequence[Record],
) -> list[Finding]:
    """All that speaks against a run; nothing where all is well.

    Args:
        parts: as they were trained, in evaluation mode.
        log: records of its course.
        evaluations: of its recipe.
        results: records of the evaluations.
    """
    collected = [*findings_of_terms(parts, log), *losses_that_never_fell(parts, log)]
    collected += [*findings_of_samples(parts), *guesses(results, len(parts.spec.class_names))]
    for number, evaluation in enumerate(evaluations):
        records = [record for record in results if record["number"] == number]
        if records:
            collected += [Finding(evaluation.kind, reason) for reason in evaluation.findings(records)]
    return collected


def guesses(results: Sequence[Record], classes: int) -> Iterator[Finding]:
    """Classifiers that are not better than guessing in any evaluation of the method; under a shift that misleads, one
    evaluation alone may well be below that."""
    leading = {record["number"]: record for record in reversed(results)}.values()
    scores = [record.get("top1_mean", record.get("top1")) for record in leading]
    known = [score for score in scores if isinstance(score, int | float)]
    if known and classes > 1 and max(known) <= 100 / classes:
        reason = f"top-1 is {max(known):.1f} %, and guessing one of {classes} classes has {100 / classes:.1f} %"
        yield Finding("accuracy", reason)


def findings_of_samples(parts: Composition) -> Iterator[Finding]:
    """What the generator's samples show by themselves and, where nothing leads them elsewhere, beside the data; real
    images that were chosen are fine."""
    generator = parts.generator
    if generator is None or isinstance(generator, Selection):
        return
    size = max(FEWEST, min(SAMPLES, NUMBERS // math.prod(parts.spec.shape)))
    samples = unweighted(generator.standardized_sample(generator.count or size), "verdict").values.cpu()
    rewarded = any("synthetic" in derived.made_of for derived in parts.sets.values())
    if generator.count is None and generator.follows_data and not rewarded:
        split = parts.data.training_set
        real = split.render(some_rows(split, size)).values.cpu()
        yield from (Finding("samples", reason) for reason in beside_real(samples, real))
    if parts.spec.is_images:
        yield from (Finding("samples", reason) for reason in by_themselves(samples[:size]))


def beside_real(samples: torch.Tensor, real: torch.Tensor) -> Iterator[str]:
    """What samples [n, …] of an endless generator show beside real ones [m, …]."""
    share = share_of_a_point(samples, real)
    if share > limits.FARTHEST:
        yield f"their MMD² from the data is {share:.0%} of that of a single point; expected below {limits.FARTHEST:.0%}"
    width = spread(samples) / (spread(real) or 1.0)
    if width < limits.COLLAPSED:
        yield f"collapsed: two of them are {width:.0%} as far apart as two real ones"


def by_themselves(images: torch.Tensor) -> Iterator[str]:
    """What images [n, c, h, w] show by themselves."""
    flat = images.flatten(1).double()
    within = flat.std(1).median().item()
    if within < limits.CONSTANT:
        yield f"constant images: the standard deviation within one is {within:.4f}, of pixels in [0, 1]"
    elif len(flat) > 1 and (difference := spread(flat) / flat.shape[1] ** 0.5) < limits.SAME:
        yield f"all alike: two images differ by {difference:.4f} a pixel"
