"""A classifier of a source with labels, made fit for a target without: aligned features, or weights of samples."""

from typing import Any

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.evaluation.adaptation.aligned import AlignedSets, align
from matchzoo.evaluation.adaptation.label_propagation import LabelPropagation, propagate_labels
from matchzoo.evaluation.adaptation.methods import Method, method_of
from matchzoo.models.classifiers import LinearClassifier, fit_softmax_regression
from matchzoo.models.classifiers.classifiers import standardize as center_and_scale


@attrs.frozen(eq=False, kw_only=True)
class Adapted:
    """A classifier of the target's samples.

    Attributes:
        classifier: of aligned features.
        aligned: both sets, the maps of new rows, and the weights where the method has such.
        labels: class indices [n] of the source.
        classes: how many there are.
        penalty: λ that the classifier was fitted with.
    """

    classifier: LinearClassifier
    aligned: AlignedSets
    labels: torch.Tensor
    classes: int
    penalty: float

    def scores(self, rows: torch.Tensor) -> torch.Tensor:
        """Class scores [r, c], logarithms of probabilities but for a constant, of rows [r, d] of the target."""
        return self.classifier.scores(self.aligned.target_map(rows))

    def source_scores(self, rows: torch.Tensor) -> torch.Tensor:
        """The same of rows [r, d] of the source, which have a map of their own."""
        return self.classifier.scores(self.aligned.source_map(rows))

    def probabilities(self, rows: torch.Tensor) -> torch.Tensor:
        """Class probabilities [r, c] of rows [r, d] of the target."""
        return self.scores(rows).softmax(1)

    def predict(self, rows: torch.Tensor) -> torch.Tensor:
        """Class indices [r] of rows [r, d] of the target."""
        return self.scores(rows).argmax(1)

    @torch.no_grad()
    def diagnostics(self) -> dict[str, Any]:
        """What can be said without labels of the target; none of it tells whether the predictions are right.

        - ``mmd2_before``, ``mmd2_after`` and ``effective_sample_size``: as `AlignedSets.diagnostics`.
        - ``source_accuracy``: of the classifier at the source's own rows, weighted where the method weights. An
          alignment that lowers it has lost what tells classes apart.
        - ``agreement``: share of the target's rows that a classifier without adaptation gives the same class.
        - ``entropy``: mean entropy of the predictions in nats, of ``log c`` at most.
        - ``class_shares`` of the predictions and ``source_class_shares``: far apart means shifted classes, or failure.
        """
        scores = self.classifier.scores(self.aligned.target.values)
        chances, inputs = scores.softmax(1), self.aligned.inputs
        right = double(self.classifier.predict(self.aligned.source.values) == self.labels)
        plain = fitted_classifier(inputs[0], self.labels, self.classes, self.penalty)
        return {
            **self.aligned.diagnostics(),
            "source_accuracy": (self.aligned.shares * right).sum().item(),
            "agreement": double(plain.predict(inputs[1]) == scores.argmax(1)).mean().item(),
            "entropy": -(chances * scores.log_softmax(1)).sum(1).mean().item(),
            "class_shares": _shares(scores.argmax(1), self.classes),
            "source_class_shares": _shares(self.labels, self.classes),
        }


@torch.no_grad()
def adapt(
    source: torch.Tensor,
    labels: torch.Tensor,
    target: torch.Tensor,
    method: str | Method = "coral",
    *,
    standardize: bool = True,
    penalty: float | None = None,
    classes: int | None = None,
    seed: int = 0,
) -> Adapted:
    """Fit softmax regression to a source with labels, such that it holds on a target without.

    An alignment gives both sets features in which they are alike. A ratio estimator gives weights p_target / p_source
    to the source's rows, which is right where the target's support lies in the source's and p(y | x) is the same.
    `LabelPropagation` gives labels to the target, and the classifier is fitted to these.

    Examples:
        >>> adapted = adapt(source, labels, target, "linear-transport")
        >>> adapted.predict(target)  # class indices [m]
        >>> adapt(source, labels, target, KLIEP()).diagnostics()["effective_sample_size"]

    Args:
        source: [n, d].
        labels: class indices [n].
        target: [m, d].
        method: an alignment, a ratio estimator or `LabelPropagation`, or what `method_of` takes; None for the source
            alone.
        standardize: shift and scale every input by mean and standard deviation of both sets pooled first.
        penalty: λ > 0 of mean cross-entropy + λ/2 ‖W‖² on aligned features; 1/n if not given, which is scikit-learn's
            C = 1.
        classes: how many there are; one more than the largest label if not given.
        seed: of what a ratio estimator draws.

    Raises:
        MatchZooError: sets of other shapes, values that are not finite, or weights that are all 0.
    """
    if labels.shape != source.shape[:1]:
        got = f"{list(source.shape)}, {list(labels.shape)} and {list(target.shape)}"
        raise MatchZooError(f"adapt: expected source [n, d], labels [n] and target [m, d], got {got}")
    penalty = 1 / len(source) if penalty is None else penalty
    if not penalty > 0 or int(labels.min()) < 0:
        raise MatchZooError(
            f"adapt: expected a penalty above 0 and labels from 0 on, got {penalty}, {int(labels.min())}"
        )

    classes = classes or int(labels.max()) + 1
    chosen = method_of(method, source.shape[-1]) if isinstance(method, str) else method
    if isinstance(chosen, LabelPropagation):
        aligned = align(source, target, None, standardize=standardize)
        chances = propagate_labels(aligned.inputs[0], labels, aligned.inputs[1], classes, chosen.solver)
        classifier = fitted_classifier(aligned.inputs[1], chances.argmax(1), classes, penalty)
    else:
        aligned = align(source, target, chosen, standardize=standardize, seed=seed)
        classifier = fitted_classifier(aligned.source.values, labels, classes, penalty, aligned.source.weights)
    return Adapted(classifier=classifier, aligned=aligned, labels=labels, classes=classes, penalty=penalty)


def fitted_classifier(
    features: torch.Tensor, labels: torch.Tensor, classes: int, penalty: float, weights: torch.Tensor | None = None
) -> LinearClassifier:
    """Softmax regression to its optimum, of mean cross-entropy + λ/2 ‖W‖² with W on the features as they are.

    Args:
        features: [n, k].
        labels: class indices [n].
        classes: c.
        penalty: λ > 0.
        weights: [n], not negative; equal if not given.
    """
    _, scale = center_and_scale(double(features))  # the solver's penalty is on features of unit scale
    scaled = max(penalty / scale.item() ** 2, torch.finfo(torch.float64).tiny)
    [fitted] = fit_softmax_regression(features, labels, classes, [scaled], weights=weights)
    return fitted


def _shares(labels: torch.Tensor, classes: int) -> list[float]:
    counts = double(torch.bincount(labels, minlength=classes))
    shares: list[float] = (counts / counts.sum()).tolist()
    return shares
