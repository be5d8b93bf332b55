"""A linear probe of plain tensors, in one call."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, as_samples, class_indices, spec_of
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, TrainingSet
from matchzoo.models.classifiers.classifiers import FeatureClassifier
from matchzoo.models.classifiers.converged import Converged
from matchzoo.models.classifiers.scoring import check

HELD_OUT = 0.2
"""Share of every class that chooses the penalty where no validation set is given."""


@torch.no_grad()
def linear_probe(
    features: torch.Tensor,
    labels: torch.Tensor,
    validation_features: torch.Tensor | None = None,
    validation_labels: torch.Tensor | None = None,
    method: ClassifierFit | None = None,
    seed: int = 0,
) -> FeatureClassifier:
    """Train a linear classifier on features; its penalty is chosen on a validation set.

    Without a validation set a fifth of every class chooses the penalty, with which all samples are then fitted; where
    no class has two samples, the samples themselves choose it.

    Examples:
        >>> classifier = linear_probe(features, labels)
        >>> classifier.accuracy(test_features, test_labels)

    Args:
        features: [n, d].
        labels: class indices [n], or probabilities [n, c]; every class needs a sample.
        validation_features: [m, d].
        validation_labels: class indices [m].
        method: how; softmax regression to its optimum (`Converged`) if not given. `Ridge` is linear too;
            `NearestNeighbors` and the others are not.
        seed: of which samples are held out, and of what the method draws.

    Returns:
        A classifier with ``scores(x)`` [k, c], ``predict(x)`` [k] and ``accuracy(x, y)``, from 0 to 1.

    Raises:
        MatchZooError: features that are not finite or of different dimensions, labels out of range, a class without a
            sample, or one of the two halves of a validation set.
    """
    if (validation_features is None) != (validation_labels is None):
        missing = "validation_features" if validation_features is None else "validation_labels"
        raise MatchZooError(f"{missing}: missing; give both, or neither")
    training = as_samples(features, labels)
    classes = spec_of([training]).classes or 0
    check(training, classes, "training", every_class=True)

    held_out = None
    if validation_features is not None:
        validation = as_samples(validation_features, validation_labels)
        check(validation, classes, "validation")
        if validation.values.shape[1:] != training.values.shape[1:]:
            expected, got = list(training.values.shape[1:]), list(validation.values.shape[1:])
            raise MatchZooError(f"validation_features: expected features of shape {expected}, got {got}")
    else:
        held_out, validation = _held_out(training, seed)

    train = TrainingSet(features=training, views=1, seed=seed, held_out=held_out)
    [fitted] = (method or Converged()).fit([train], validation, classes)
    return fitted.classifier


def _held_out(training: Samples, seed: int) -> tuple[torch.Tensor | None, Samples]:
    """Which rows [n] are held out, and these samples; none, and all of them, where no class has two."""
    assert training.labels is not None
    labels = class_indices(training.labels)
    indexed = Samples(training.values, labels)
    rng = torch.Generator().manual_seed(seed)
    chosen = []
    for label in labels.unique().tolist():
        rows = (labels == label).nonzero().flatten().cpu()
        if len(rows) > 1:
            chosen.append(rows[torch.randperm(len(rows), generator=rng)[: max(round(HELD_OUT * len(rows)), 1)]])
    if not chosen:
        return None, indexed

    rows = torch.cat(chosen).to(labels.device)
    held_out = torch.zeros(len(labels), dtype=torch.bool, device=labels.device).index_fill_(0, rows, True)
    return held_out, indexed.rows(rows)
