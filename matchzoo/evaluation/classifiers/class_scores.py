"""What evaluations of a trained classifier look at: a split by its name, and the projector that gives class scores."""

from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.core.samples import Samples
from matchzoo.core.showing.progress import Progress
from matchzoo.core.step import Step
from matchzoo.data import Split
from matchzoo.evaluation.evaluation import Trained
from matchzoo.training.composition import Composition
from matchzoo.training.features import collect_stacked


def named_split(parts: Composition, field: str, name: str) -> Split:
    """A split of the data.

    Args:
        parts: whose data.
        field: of the evaluation that names it, for messages.
        name: of the split.

    Raises:
        DeclarationError: there is none of that name.
    """
    splits = parts.data.sets()
    if name not in splits:
        hint = did_you_mean(name, splits)
        message = f"unknown split '{name}'{hint}; the data have {', '.join(splits)}"
        raise DeclarationError([(f"evaluation.{field}", message)])
    return splits[name]


def labeled_split(parts: Composition, field: str, name: str) -> Split:
    """`named_split`, which must have labels."""
    split = named_split(parts, field, name)
    if split.labels is None:
        raise DeclarationError([(f"evaluation.{field}", f"the split '{name}' has no labels")])
    return split


def named_space(parts: Composition, space: str | None) -> str:
    """The name of a projector; the last one if none is named. A `DeclarationError` where there is none of that name."""
    if space is not None and space not in parts.projectors:
        hint = did_you_mean(space, parts.projectors)
        raise DeclarationError([("evaluation.space", f"unknown projector '{space}'{hint}")])
    return space or list(parts.projectors)[-1]


def scoring_space(parts: Composition, space: str | None) -> str:
    """The name of the projector whose features are class scores; the last that has one per class if none is named.

    Raises:
        DeclarationError: there is no such projector, or it has another number of features than there are classes.
    """
    classes = parts.spec.classes
    if space is not None and parts.specs[named_space(parts, space)].features != classes:
        has = parts.specs[space].features
        raise DeclarationError([("evaluation.space", f"class scores are {classes} features, got {has}")])
    scoring = [name for name, spec in parts.specs.items() if spec.features == classes]
    if not scoring:
        message = f"no projector has {classes} features, which would be class scores; add a head"
        raise DeclarationError([("evaluation.space", message)])
    return space or scoring[-1]


def class_scores(trained: Trained, split: Split, space: str) -> Samples:
    """The class scores [n, c] of all samples of a split, which are not augmented, with their labels.

    Args:
        trained: whose projectors.
        split: of its data.
        space: whose features are class scores.
    """
    parts = trained.parts
    layers = [parts.projectors[name] for name in reversed(parts.lineage(space))]
    with Progress(len(split), "scores", "samples", quiet=trained.quiet) as progress:
        step = Step(0, trained.seed)
        return collect_stacked(split, layers, parts.views, 0, step, trained.engine, progress.update)
