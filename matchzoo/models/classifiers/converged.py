"""Softmax regression to its optimum, the penalty chosen on the validation set."""

from collections.abc import Callable, Sequence

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import not_empty, positive
from matchzoo.core.samples import Samples
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet, accuracy
from matchzoo.models.classifiers.classifiers import LinearClassifier
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression


@declare("converged")
class Converged(ClassifierFit):
    """Softmax regression with an L2 penalty, to its optimum: nothing of an optimizer is in the result."""

    penalties: Several[float] = attrs.field(
        default=(10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001), validator=[positive(), not_empty()]
    )
    """Candidates for the L2 penalty, on features of unit scale; of those that are equally accurate the first is taken,
    so best in descending order."""

    def fit(self, sets: Sequence[TrainingSet], validation: Samples, classes: int) -> list[Fitted]:
        """One classifier a set, as `ClassifierFit.fit` says."""
        return [fit_best(fit_softmax_regression, one, validation, classes, self.penalties) for one in sets]


def fit_best(
    solve: Callable[..., Sequence[LinearClassifier]],
    training: TrainingSet,
    validation: Samples,
    classes: int,
    penalties: Sequence[float],
) -> Fitted:
    """The classifier of the L2 penalty that is most accurate on the rows of the validation set that judge it.

    Args:
        solve: features [n, d], labels [n], the number of classes, penalties, and a classifier to start from or None → a
            classifier for each penalty.
        training: rows that it holds out are left out of the choice, and used for the result.
        validation: features [n, d] with labels [n].
        classes: how many there are.
        penalties: candidates; the first of those that are equally accurate is taken.
    """
    values, labels, judges = training.features.values, training.features.labels, training.judges_of(validation)
    assert labels is not None
    assert judges.labels is not None
    kept: torch.Tensor | slice = slice(None) if training.held_out is None else ~training.held_out
    candidates = solve(values[kept], labels[kept], classes, penalties, None)
    best = best_of([accuracy(c.scores(judges.values), judges.labels) for c in candidates])
    fitted, penalty = candidates[best], penalties[best]
    if training.held_out is not None:
        [fitted] = solve(values, labels, classes, (penalty,), fitted)
    return Fitted(classifier=fitted, chosen={"penalty": penalty})


def best_of(scores: Sequence[float]) -> int:
    """The first of the highest."""
    return list(scores).index(max(scores))
