"""Shallow domain adaptation of a regression as an estimator in the style of scikit-learn."""

from typing import Any

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation.adapt_regression import AdaptedRegression, adapt_regression
from matchzoo.evaluation.adaptation.domain_estimator import DomainEstimator, RegressorMixin


class AdaptedRegressor(RegressorMixin, DomainEstimator):
    """`adapt_regression` with ``fit``, ``predict`` and ``score``: a step of a pipeline.

    Examples:
        >>> regressor = AdaptedRegressor("kliep", penalty=0).fit(X, y, sample_domain)
        >>> regressor.predict(target_rows)

    Attributes:
        adapted_: what was fitted, with its diagnostics.
    """

    adapted_: AdaptedRegression

    def predict(self, X: Any, sample_domain: Any = None) -> np.ndarray:
        """Numbers [n] of rows [n, d].

        Args:
            X: rows of the target; with ``sample_domain`` also of the source, which has a map of its own.
            sample_domain: [n], as in `fit`.
        """
        return self.answers(
            X, sample_domain, lambda rows: self.adapted_.predict(rows), lambda rows: self.adapted_.source_predict(rows)
        )

    def score(self, X: Any, y: Any, sample_domain: Any = None) -> float:
        """R² of the predictions of rows [n, d] whose numbers [n] are known, 1 at best; those that are NaN are left out.

        Where some are and no domains are given, the others are rows of the source, as in `fit`: this is then R² there,
        and says nothing of the target.
        """
        values, known, domains = self.rated(y, sample_domain)
        truth = values[known].astype(np.float64)
        residual = truth - self.predict(X, domains)[known]
        variance = ((truth - truth.mean()) ** 2).sum()
        return float(1 - (residual**2).sum() / max(variance, np.finfo(np.float64).tiny))

    @property
    def mask(self) -> str:
        """NaN."""
        return "NaN"

    def masked(self, y: np.ndarray) -> np.ndarray:
        """Numbers [n] that are NaN, as bool [n]."""
        return np.isnan(self._numbers(y))

    def fit_sets(self, source: torch.Tensor, y: np.ndarray, target: torch.Tensor) -> None:
        """Fit ``adapted_`` to rows [n, d] of the source, their numbers [n], and rows [m, d] of the target."""
        self.adapted_ = adapt_regression(
            source,
            torch.from_numpy(self._numbers(y)),
            target,
            self.method,
            standardize=self.standardize,
            penalty=self.penalty,
            seed=self.seed,
        )

    @staticmethod
    def _numbers(y: np.ndarray) -> np.ndarray:
        try:
            return y.astype(np.float64)
        except (TypeError, ValueError):
            raise MatchZooError(f"y: expected numbers, got {y.dtype}; AdaptedClassifier takes labels") from None
