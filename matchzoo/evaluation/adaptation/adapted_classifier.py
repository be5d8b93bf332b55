"""Shallow domain adaptation as an estimator in the style of scikit-learn."""

from typing import Any, Self

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation.adapt import Adapted, adapt
from matchzoo.evaluation.adaptation.methods import Method
from matchzoo.ratios.table_rows import numbers_of


class AdaptedClassifier:
    """`adapt` with ``fit``, ``predict`` and ``score``: a step of a pipeline.

    Examples:
        >>> classifier = AdaptedClassifier("linear-transport").fit(X, y, sample_domain)
        >>> classifier.predict(target_rows)

    Attributes:
        classes_: the labels, in order.
        adapted_: what was fitted, with its diagnostics.
    """

    def __init__(
        self,
        method: str | Method = "coral",
        standardize: bool = True,
        penalty: float | None = None,
        seed: int = 0,
    ) -> None:
        self.method, self.standardize, self.penalty, self.seed = method, standardize, penalty, seed

    def fit(self, X: Any, y: Any, sample_domain: Any) -> Self:
        """Fit to rows of both domains.

        Args:
            X: rows [n, d] of source and target.
            y: labels [n], text or numbers; those of the target are not looked at.
            sample_domain: [n], above 0 for the source and below 0 for the target.

        Raises:
            MatchZooError: domains of another length or with a 0, or none of either.
        """
        values, labels, domains = numbers_of(X, "X").values, np.asarray(y), np.asarray(sample_domain)
        if not len(values) == len(labels) == len(domains):
            counts = f"{len(values)}, {len(labels)} and {len(domains)}"
            raise MatchZooError(f"fit: expected as many X, y and sample_domain, got {counts}")
        is_source = domains > 0
        if (domains == 0).any() or not is_source.any() or is_source.all():
            raise MatchZooError("sample_domain: expected numbers above 0 (source) and below 0 (target), some of each")

        self.classes_, indices = np.unique(labels[is_source], return_inverse=True)
        self.adapted_: Adapted = adapt(
            torch.from_numpy(values[is_source]),
            torch.from_numpy(indices.astype(np.int64)),
            torch.from_numpy(values[~is_source]),
            self.method,
            standardize=self.standardize,
            penalty=self.penalty,
            classes=len(self.classes_),
            seed=self.seed,
        )
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities [n, c] of rows [n, d] of the target, in the order of ``classes_``."""
        chances: np.ndarray = self.adapted_.probabilities(torch.from_numpy(numbers_of(X, "X").values)).numpy()
        return chances

    def predict(self, X: Any) -> np.ndarray:
        """Labels [n] of rows [n, d] of the target."""
        labels: np.ndarray = self.classes_[self.predict_proba(X).argmax(1)]
        return labels

    def score(self, X: Any, y: Any) -> float:
        """Share of rows [n, d] of the target whose label [n] is predicted, from 0 to 1."""
        return float((self.predict(X) == np.asarray(y)).mean())

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {name: getattr(self, name) for name in ("method", "standardize", "penalty", "seed")}

    def set_params(self, **params: Any) -> Self:
        """Change arguments of the constructor."""
        unknown = params.keys() - self.get_params()
        if unknown:
            raise MatchZooError(f"set_params: unknown {sorted(unknown)[0]}; known: {', '.join(self.get_params())}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator: this is a classifier."""
        from sklearn.base import BaseEstimator, ClassifierMixin

        class Tagged(ClassifierMixin, BaseEstimator):
            pass

        return Tagged().__sklearn_tags__()
