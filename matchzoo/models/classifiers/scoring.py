"""Features in, scores out: the part of an evaluation that knows no images and no backbone."""

from collections.abc import Sequence
from typing import Any

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples, unweighted
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, TrainingSet, hits
from matchzoo.models.classifiers.classifiers import Classifier


@attrs.frozen(kw_only=True)
class Score:
    """How a classifier does on test samples; everything in percent.

    Attributes:
        top1: share of samples whose label has the largest score.
        top5: share of samples whose label is among the five largest; 100 with five classes or fewer.
        per_class: top-1 of every class; None for classes without a test sample.
        per_group: top-1 of every group; None for groups without one; empty if there are no groups.
        chosen: what the validation set chose, by name.
    """

    top1: float
    top5: float
    per_class: tuple[float | None, ...]
    per_group: tuple[float | None, ...] = ()
    chosen: dict[str, float] = attrs.field(factory=dict)

    @property
    def worst_group(self) -> float | None:
        """Top-1 of the group where it is lowest; None if there are no groups."""
        return min((x for x in self.per_group if x is not None), default=None)

    @classmethod
    def of(cls, classifier: Classifier, test: Samples, classes: int, chosen: dict[str, float] | None = None) -> "Score":
        """Score a classifier on features [n, d] with labels [n] and, optionally, groups [n]."""
        assert test.labels is not None
        unweighted(test, "a score")
        scores = classifier.scores(test.values)
        right = hits(scores, test.labels, 1)
        groups = () if test.group is None else _shares(right, test.group, int(test.group.max()) + 1)
        return cls(
            top1=_percent(right),
            top5=_percent(hits(scores, test.labels, 5)),
            per_class=_shares(right, test.labels, classes),
            per_group=groups,
            chosen=chosen or {},
        )


def probe(
    protocol: ClassifierFit,
    sets: Sequence[TrainingSet],
    validation: Samples,
    test: Samples,
    classes: int,
    class_names: Sequence[str] = (),
) -> list[Score]:
    """Train one classifier for each set and score it on the test set.

    Args:
        protocol: how.
        sets: what each classifier is trained on; for several seeds on one set, the same features with several seeds.
        validation: un-augmented features [n, d] of real training images with labels [n]; these choose
            hyper-parameters.
        test: un-augmented features [n, d] of test images with labels [n] and, optionally, groups [n]; looked at once,
            after all fitting.
        classes: c.
        class_names: for messages.

    Returns:
        A score a set.

    Raises:
        MatchZooError: features of different dimensions or not finite, labels out of range or missing, a class without
            a training sample.
    """
    for name, features in [("validation", validation), ("test", test)]:
        check(features, classes, name, class_names)
        if features.labels is not None and features.labels.ndim > 1:
            raise MatchZooError(f"{name}: expected one label a sample [n], got {list(features.labels.shape)}")
    for one in sets:
        check(one.features, classes, "training", class_names, every_class=True)
        if one.features.values.shape[1] != test.values.shape[1]:
            mine, theirs = one.features.values.shape[1], test.values.shape[1]
            raise MatchZooError(f"training: features of {mine} dimensions, but those of the test set have {theirs}")
    fitted = protocol.fit(sets, validation, classes)
    return [Score.of(one.classifier, test, classes, one.chosen) for one in fitted]


def check(
    features: Samples, classes: int, name: str, class_names: Sequence[str] = (), *, every_class: bool = False
) -> None:
    """Raise a `MatchZooError` if features [n, d] cannot be those of ``classes`` classes.

    Args:
        name: what messages call them.
        every_class: every class must have a sample.
    """
    unweighted(features, f"{name}: a classifier of features")
    labels = features.labels
    if labels is None or len(features) == 0:
        raise MatchZooError(f"{name}: " + ("there are no samples" if labels is not None else "there are no labels"))
    if not bool(features.values.isfinite().all()):
        raise MatchZooError(f"{name}: some features are not finite; are the images in [0, 1], and the weights whole?")
    if labels.ndim == 2:
        if labels.shape[1] != classes:
            raise MatchZooError(f"{name}: expected probabilities of {classes} classes, got {labels.shape[1]}")
        counts = double(labels).sum(0)
    else:
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= classes:
            raise MatchZooError(f"{name}: expected labels from 0 to {classes - 1}, got {low if low < 0 else high}")
        counts = torch.bincount(labels, minlength=classes)
    if every_class and not bool((counts > 0).all()):
        empty = (counts <= 0).nonzero().flatten().tolist()
        names = [str(class_names[i]) if class_names else str(i) for i in empty[:8]]
        raise MatchZooError(f"{name}: classes without a sample: {', '.join(names)}{', …' if len(empty) > 8 else ''}")


def _percent(right: torch.Tensor) -> float:
    return 100 * double(right).mean().item()


def _shares(right: torch.Tensor, parts: torch.Tensor, count: int) -> tuple[float | None, ...]:
    """Percent of ``right`` [n] within each of the parts [n]."""
    parts = parts.to(right.device)
    sizes = torch.bincount(parts, minlength=count).tolist()
    correct = torch.bincount(parts[right], minlength=count).tolist()
    return tuple(100 * a / n if n else None for a, n in zip(correct, sizes, strict=True))


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """Scores over seeds as one record: means, and standard deviations of single scores (n − 1; None of one seed).

    Keys: ``top1_mean``, ``top1_std``, ``top5_mean``, ``top1`` (each), ``per_class`` (means), ``chosen`` (each),
    ``seeds`` (their number), and with groups ``per_group`` (means), ``worst_group_mean``, ``worst_group_std``.
    """
    top1 = torch.tensor([s.top1 for s in scores], dtype=torch.float64)
    record: dict[str, Any] = {
        "top1_mean": top1.mean().item(),
        "top1_std": _std(top1),
        "top5_mean": sum(s.top5 for s in scores) / len(scores),
        "seeds": len(scores),
        "top1": top1.tolist(),
        "per_class": _means([s.per_class for s in scores]),
        "chosen": [s.chosen for s in scores],
    }
    worst = [s.worst_group for s in scores if s.worst_group is not None]
    if worst:
        values = torch.tensor(worst, dtype=torch.float64)
        record["per_group"] = _means([s.per_group for s in scores])
        record |= {"worst_group_mean": values.mean().item(), "worst_group_std": _std(values)}
    return record


def _std(values: torch.Tensor) -> float | None:
    return values.std().item() if len(values) > 1 else None


def _means(rows: Sequence[tuple[float | None, ...]]) -> list[float | None]:
    return [None if None in column else sum(filter(None, column)) / len(column) for column in zip(*rows, strict=True)]
