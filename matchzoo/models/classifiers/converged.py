"""Softmax regression to its optimum, the penalty chosen on the validation set."""

from collections.abc import Sequence

import attrs
import torch

from matchzoo.core.declare import Several, declare
from matchzoo.core.samples import Samples
from matchzoo.core.validators import not_empty, positive
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet, accuracy
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
        return [self._fit(one, one.judges_of(validation), classes) for one in sets]

    def _fit(self, one: TrainingSet, validation: Samples, classes: int) -> Fitted:
        values, labels = one.features.values, one.features.labels
        assert labels is not None
        assert validation.labels is not None
        kept: torch.Tensor | slice = slice(None) if one.held_out is None else ~one.held_out
        candidates = fit_softmax_regression(values[kept], labels[kept], classes, self.penalties)
        best = best_of([accuracy(c.scores(validation.values), validation.labels) for c in candidates])
        fitted, penalty = candidates[best], self.penalties[best]
        if one.held_out is not None:
            [fitted] = fit_softmax_regression(values, labels, classes, (penalty,), start=fitted)
        return Fitted(classifier=fitted, chosen={"penalty": penalty})


def best_of(scores: Sequence[float]) -> int:
    """The first of the highest."""
    return list(scores).index(max(scores))
