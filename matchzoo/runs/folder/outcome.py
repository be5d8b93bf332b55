"""What came of a run: the parts that moved, the set of images, and nothing that a run cannot have."""

from collections.abc import Sequence
from pathlib import Path

import torch

from matchzoo.core.samples import unweighted
from matchzoo.evaluation import Record
from matchzoo.hub import run_parts
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.runs.folder import provenance
from matchzoo.runs.runnable import Runnable
from matchzoo.training.composition import Composition
from matchzoo.training.loop import Training

DISTILLED = "distilled"
"""Folder of the set of images, where the generator has a finite one."""


def write(folder: Path, recipe: Runnable, training: Training, results: Sequence[Record]) -> None:
    """Write what came of a run into its folder."""
    parts = training.parts
    run_parts.write(folder, training.results(), parts.spec, parts.specs)
    distilled = distilled_of(recipe, parts, results)
    if distilled is not None:
        distilled.save(folder / DISTILLED)


def distilled_of(recipe: Runnable, parts: Composition, results: Sequence[Record]) -> DistilledDataset | None:
    """The finite set of images that a generator has; None where it has none, or they are no images.

    Raw pixels are clipped to [0, 1], as a set holds them. Results are those of the images as they were, so a set that
    clipping has changed is given without them.
    """
    generator = parts.generator
    if generator is None or generator.count is None or not parts.spec.is_images:
        return None
    samples = unweighted(generator.sample(), "a distilled set")
    assert samples.labels is not None  # whoever makes a finite set of images makes them of classes
    made, labels = samples.values.float().cpu(), samples.labels.cpu()
    images = made.clamp(0, 1)
    labels = labels.float() if labels.is_floating_point() else labels
    origin = provenance.describe(recipe, parts)
    scores = tuple(results) if torch.equal(images, made) else ()
    return DistilledDataset(images, labels, parts.spec.class_names, scores=scores, **origin)
