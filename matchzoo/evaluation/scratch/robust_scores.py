"""The robust scores of a set: the accuracies that they need, and what these say."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import attrs
import torch

from matchzoo.data import Split
from matchzoo.evaluation.baselines import class_counts
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.scratch.bench import ScratchBench
from matchzoo.evaluation.scratch.robustness import (
    augmentation_robust_score,
    label_robust_score,
    normalized_score,
)
from matchzoo.evaluation.scratch.training import ScratchTraining


def robust_scores(bench: ScratchBench, splits: Sequence[Split], own: Record, weight: float = 0.5) -> Record:
    """What is to be added to the record of a set: ``label_robust``, and ``augmentation_robust`` where networks are
    trained with augmentation.

    Each has the ``score`` (normalized, in percent) with its ``standard_error`` over networks, the ``value`` in [-1, 1],
    the ``weight``, and the ``accuracies`` in percent that it is of. Nothing is chosen by test accuracy. Where a set has
    soft labels of its own, the random images get those of the teacher, once an image.

    Args:
        bench: of the training that the set was judged by.
        splits: the set, an entry a network.
        own: its record.
        weight: w of both scores.
    """
    labels = splits[0].labels
    assert labels is not None
    how, soft = bench.training, labels.ndim == 2 and bench.training.labels == "stored"
    random = bench.baseline("random", class_counts(labels, bench.classes))

    def accuracies(training: Any, images: Sequence[Split]) -> Record:
        return _bench(bench, training).record(images)

    by_classes = how.by_classes()
    same_labels = cast(Any, attrs.evolve(cast(Any, how), labels="teacher-once")) if soft else how
    plain = labels.ndim == 1 and how.labels in ("stored", "classes") and how.loss == "cross-entropy"
    terms = {
        "full_hard": accuracies(by_classes, [bench.train] * how.seeds),
        "set_hard": own if plain else accuracies(by_classes, splits),
        "set_soft": own,
        "random_soft": accuracies(same_labels, random),
    }
    coefficients = {"full_hard": weight - 1, "set_hard": 1 - weight, "set_soft": weight, "random_soft": -weight}
    value = label_robust_score(**_shares(terms), weight=weight)
    scores = {"label_robust": _told(terms, coefficients, value, weight)}
    if how.augments:
        terms = {
            "set_augmented": own,
            "random_augmented": terms["random_soft"],
            "set_plain": accuracies(how.plain(), splits),
            "random_plain": accuracies(same_labels.plain(), random),
        }
        value = augmentation_robust_score(**_shares(terms), weight=weight)
        signs = dict(zip(terms, (weight, -weight, 1 - weight, weight - 1), strict=True))
        scores["augmentation_robust"] = _told(terms, signs, value, weight)
    return scores


def _bench(bench: ScratchBench, training: ScratchTraining) -> ScratchBench:
    """The same data under another training; a teacher that already exists is shared."""
    other = ScratchBench(training, bench.data, bench.engine, bench.step.seed)
    if training.labels.startswith("teacher"):
        other.teacher = bench.teacher
    return other


def _shares(terms: Mapping[str, Record]) -> dict[str, float]:
    return {name: record["top1_mean"] / 100 for name, record in terms.items()}


def _told(terms: Mapping[str, Record], coefficients: Mapping[str, float], value: float, weight: float) -> Record:
    """A score as a record. Its standard error is that of a weighted sum of independent means; a record that stands for
    two of them counts by the sum of its weights."""
    weights: dict[int, float] = {}
    for name, record in terms.items():
        weights[id(record)] = weights.get(id(record), 0.0) + coefficients[name]
    errors = []
    for record in {id(record): record for record in terms.values()}.values():
        top1 = torch.tensor(record["top1"], dtype=torch.float64) / 100
        error = float(top1.std() / len(top1) ** 0.5) if len(top1) > 1 else math.nan
        errors.append(weights[id(record)] * error)
    slope = math.exp(value) / (math.e - math.exp(-1))
    error = 100 * slope * math.hypot(*errors)
    return {
        "score": 100 * normalized_score(value),
        "standard_error": None if math.isnan(error) else error,
        "value": value,
        "weight": weight,
        "accuracies": {name: record["top1_mean"] for name, record in terms.items()},
    }
