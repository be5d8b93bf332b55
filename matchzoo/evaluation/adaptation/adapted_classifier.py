"""Shallow domain adaptation of a classifier as an estimator in the style of scikit-learn."""

from typing import Any

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation.adapt import Adapted, adapt
from matchzoo.evaluation.adaptation.domain_estimator import ClassifierMixin, DomainEstimator, missing


class AdaptedClassifier(ClassifierMixin, DomainEstimator):
    """`adapt` with ``fit``, ``predict`` and ``score``: a step of a pipeline.

    Examples:
        >>> classifier = AdaptedClassifier("linear-transport").fit(X, y, sample_domain)
        >>> classifier.predict(target_rows)

    Attributes:
        classes_: the labels, in order.
        adapted_: what was fitted, with its diagnostics.
    """

    adapted_: Adapted

    def predict_proba(self, X: Any, sample_domain: Any = None) -> np.ndarray:
        """Class probabilities [n, c] of rows [n, d], in the order of ``classes_``.

        Args:
            X: rows of the target; with ``sample_domain`` also of the source, which has a map of its own.
            sample_domain: [n], as in `fit`.
        """

        def of_source(rows: torch.Tensor) -> torch.Tensor:
            return self.adapted_.source_scores(rows).softmax(1)

        return self.answers(X, sample_domain, lambda rows: self.adapted_.probabilities(rows), of_source)

    def predict(self, X: Any, sample_domain: Any = None) -> np.ndarray:
        """Labels [n] of rows [n, d], as `predict_proba` takes them."""
        chances = self.predict_proba(X, sample_domain)
        labels: np.ndarray = self.classes_[chances.argmax(1)]
        return labels

    def score(self, X: Any, y: Any, sample_domain: Any = None) -> float:
        """Share of rows [n, d] whose label [n] is predicted, from 0 to 1; masked labels are left out.

        Where some are masked and no domains are given, the labeled rows are of the source, as in `fit`: this is then
        the accuracy there, and says nothing of the target.
        """
        labels, known, domains = self.rated(y, sample_domain)
        return float((self.predict(X, domains)[known] == labels[known]).mean())

    @property
    def mask(self) -> str:
        """−1 or None."""
        return "-1 or None"

    def masked(self, y: np.ndarray) -> np.ndarray:
        """Labels [n] that are −1, None or NaN, as bool [n]; −1 is a class where the source has it."""
        minus = y == -1 if y.dtype.kind in "if" else np.zeros(len(y), dtype=bool)
        if y.dtype.kind == "O":
            minus = np.array([isinstance(label, int) and label == -1 for label in y], dtype=bool)
        known: np.ndarray = getattr(self, "classes_", np.empty(0))
        is_class = known.dtype.kind in "if" and bool((known == -1).any())
        return missing(y) | (minus & (not is_class))

    def fit_sets(self, source: torch.Tensor, y: np.ndarray, target: torch.Tensor) -> None:
        """Fit ``adapted_`` to rows [n, d] of the source, their labels [n], and rows [m, d] of the target."""
        classes, indices = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise MatchZooError(
                f"y: the source has one class only: {classes[0]}; expected 2 or more (where -1 is a class, give "
                "sample_domain)"
            )
        self.classes_ = classes
        self.adapted_ = adapt(
            source,
            torch.from_numpy(indices.astype(np.int64)),
            target,
            self.method,
            standardize=self.standardize,
            penalty=self.penalty,
            classes=len(classes),
            seed=self.seed,
        )
