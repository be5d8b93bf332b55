"""What estimators of shallow adaptation in the style of scikit-learn share: rows, labels and the domain of each row."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation.methods import Method
from matchzoo.ratios.table_rows import numbers_of, rows_like

try:
    from sklearn.base import BaseEstimator
    from sklearn.base import ClassifierMixin as ClassifierMixin
    from sklearn.base import RegressorMixin as RegressorMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError:
    raise MatchZooError(
        "AdaptedClassifier and AdaptedRegressor are estimators of scikit-learn: pip install scikit-learn; `adapt` and "
        "`adapt_regression` do without"
    ) from None


class DomainEstimator(BaseEstimator, ABC):
    """An estimator that is fitted to labeled rows of a source and unlabeled ones of a target.

    Domains are those of skada: ``sample_domain`` is above 0 for rows of the source and below 0 for rows of the target.
    Where it is not given, rows whose label is masked are the target: −1, None or NaN for classes, NaN for numbers.

    Attributes:
        adapted_: what was fitted, with its diagnostics.
        n_features_in_: columns.
        feature_names_in_: their names, where the rows had such; later rows then go by name.
    """

    adapted_: Any

    def __init__(
        self,
        method: str | Method = "coral",
        standardize: bool = True,
        penalty: float | None = None,
        seed: int = 0,
    ) -> None:
        self.method, self.standardize, self.penalty, self.seed = method, standardize, penalty, seed

    def fit(self, X: Any, y: Any, sample_domain: Any = None) -> Self:
        """Fit to rows of both domains.

        Args:
            X: rows [n, d] of source and target: an array, a tensor, a data frame.
            y: labels or numbers [n]; those of the target are not looked at.
            sample_domain: [n], above 0 for the source and below 0 for the target; by masked labels if not given.

        Raises:
            MatchZooError: domains or labels of another length, a domain of 0, no rows of either, or a row of the source
                without label.
        """
        table, labels = numbers_of(X, "X"), np.asarray(y)
        if labels.shape != table.values.shape[:1]:
            raise MatchZooError(f"y: expected {len(table.values)} labels, one of each row, got {list(labels.shape)}")
        is_source = self.source_rows(labels, sample_domain)
        if is_source.all() or not is_source.any():
            some = "target" if is_source.all() else "source"
            raise MatchZooError(
                f"there is no row of the {some}: give sample_domain, above 0 for the source and below 0 for the "
                f"target, or {self.mask} for the labels of the target"
            )
        unlabeled = np.flatnonzero(is_source & missing(labels))
        if len(unlabeled):
            raise MatchZooError(f"y: row {unlabeled[0]} (from 0) is of the source and has no label")

        self.n_features_in_ = table.values.shape[1]
        if table.columns:
            self.feature_names_in_ = np.array(table.columns, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        source, target = (torch.from_numpy(table.values[rows]) for rows in (is_source, ~is_source))
        self.fit_sets(source, labels[is_source], target)
        return self

    def source_rows(self, y: np.ndarray, sample_domain: Any = None) -> np.ndarray:
        """Which rows [n] are of the source, by their domains, or by their labels [n] where those are not given."""
        if sample_domain is None:
            return ~self.masked(y)
        try:
            domains = np.asarray(sample_domain).astype(np.float64)
        except (TypeError, ValueError):
            raise MatchZooError("sample_domain: expected numbers, above 0 (source) or below 0 (target)") from None
        if domains.shape != y.shape:
            raise MatchZooError(f"fit: expected as many y and sample_domain, got {len(y)} and {domains.size}")
        if not (abs(domains) > 0).all():
            raise MatchZooError("sample_domain: expected numbers above 0 (source) or below 0 (target)")
        return domains > 0

    def answers(self, X: Any, sample_domain: Any, of_target: Any, of_source: Any) -> np.ndarray:
        """What two functions of rows [r, d] give at rows [n, d], each where its domain is; the target's everywhere if
        no domains are given. [n] or [n, c]."""
        check_is_fitted(self)
        rows = torch.from_numpy(rows_like(X, tuple(getattr(self, "feature_names_in_", ())), self.n_features_in_))
        answers: torch.Tensor = of_target(rows)
        if sample_domain is not None:
            is_source = torch.from_numpy(self.source_rows(np.empty(len(rows)), sample_domain))
            if bool(is_source.any()):
                answers = answers.clone()
                answers[is_source] = of_source(rows[is_source])
        return answers.numpy()

    def rated(self, y: Any, sample_domain: Any) -> tuple[np.ndarray, np.ndarray, Any]:
        """Labels [n], which rows [n] have one, and the domains of all: those given, by masked labels where some are, or
        None, which is the target."""
        labels = np.asarray(y)
        known = ~self.masked(labels)
        if sample_domain is None and not known.all():
            sample_domain = np.where(known, 1, -1)
        if not known.any():
            raise MatchZooError("score: no row has a label; choose by scorers that need none (unlabeled_scorer)")
        return labels, known, sample_domain

    @property
    @abstractmethod
    def mask(self) -> str:
        """What stands for a label that is not known."""

    @abstractmethod
    def masked(self, y: np.ndarray) -> np.ndarray:
        """Which labels [n] are masked, as bool [n]."""

    @abstractmethod
    def fit_sets(self, source: torch.Tensor, y: np.ndarray, target: torch.Tensor) -> None:
        """Fit ``adapted_`` to rows [n, d] of the source, their labels [n], and rows [m, d] of the target."""


def missing(y: np.ndarray) -> np.ndarray:
    """Which labels [n] are None or NaN, as bool [n]."""
    if y.dtype.kind == "f":
        return np.isnan(y)
    if y.dtype.kind != "O":
        return np.zeros(len(y), dtype=bool)
    return np.array([label is None or type(label).__name__ == "NAType" or label != label for label in y], dtype=bool)
