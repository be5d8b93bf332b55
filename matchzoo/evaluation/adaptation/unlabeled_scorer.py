"""A scorer for scikit-learn's searches that looks at no label of the target."""

from typing import Any

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.choices import checked_fields
from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation.domain_estimator import missing
from matchzoo.evaluation.scorers import OF_THE_SOURCE, Candidate, Scorer, SourceSide, scores
from matchzoo.ratios import RatioEstimator
from matchzoo.ratios.table_rows import numbers_of

SMALLEST = np.finfo(np.float64).tiny


@attrs.frozen(field_transformer=checked_fields)
class UnlabeledScorer:
    """``scoring=`` of a ``GridSearchCV`` of classifiers of an unlabeled target: larger is better.

    It looks at the rows of the target, those whose label is masked (-1, None or NaN) or whose ``sample_domain`` is
    below 0; at all where neither is given. Scorers of the source see its rows of the fold, whose labels are not masked.
    Anything with ``predict_proba`` can be scored, of whole pipelines too.

    Examples:
        >>> search = GridSearchCV(AdaptedClassifier(), {"method": ["coral", "means"]}, scoring=UnlabeledScorer("mano"))
        >>> search.fit(X, y).best_params_

    No score tells whether the predictions are right: see docs/evaluation.md for what choices by them cost.
    """

    name: Scorer = "mutual-information"
    """Which scorer."""
    ratio: RatioEstimator | None = None
    """Of importance-weighted and dev, on the rows as they are given; of a linear classifier if not given."""

    def __call__(self, estimator: Any, X: Any, y: Any = None, sample_domain: Any = None) -> float:
        """The score of a fitted estimator on rows [n, d], their labels [n], masked for the target, and domains [n]."""
        rows = numbers_of(X, "X").values
        of_target = _target_rows(len(rows), y, sample_domain)
        if not of_target.any():
            raise MatchZooError("scorer: there is no row of the target in this part; shuffle the folds")

        def logits(part: np.ndarray, **domains: Any) -> torch.Tensor:
            chances = estimator.predict_proba(_like(X, part), **domains)
            return torch.from_numpy(np.log(np.maximum(chances, SMALLEST)))

        def predict(samples: torch.Tensor) -> torch.Tensor:
            return logits(samples.numpy()).argmax(1)

        target, source, features = rows[of_target], None, None
        if self.name in OF_THE_SOURCE:
            if y is None or of_target.all():
                raise MatchZooError(f"scorer: {self.name} needs labeled rows of the source beside those of the target")
            labels = np.searchsorted(estimator.classes_, np.asarray(y)[~of_target])
            inputs, features = torch.from_numpy(rows[~of_target]), torch.from_numpy(target)
            source = SourceSide(inputs, logits(rows[~of_target]), torch.from_numpy(labels))
        samples = torch.from_numpy(target)
        candidate = Candidate(logits(target), samples, predict, features, source)
        return scores(candidate, [self.name], self.ratio)[self.name]


def _like(X: Any, rows: np.ndarray) -> Any:
    """Rows as a data frame of the columns of ``X``, where that is one."""
    return type(X)(rows, columns=X.columns) if hasattr(X, "iloc") else rows


def _target_rows(count: int, y: Any, sample_domain: Any) -> np.ndarray:
    """Which of the rows [n] are of the target, as bool."""
    if sample_domain is not None:
        return np.asarray(sample_domain) < 0
    if y is None:
        return np.ones(count, dtype=bool)
    labels = np.asarray(y)
    minus = labels == -1 if labels.dtype.kind in "if" else np.array([str(label) == "-1" for label in labels])
    masked: np.ndarray = missing(labels) | minus
    return masked if masked.any() else np.ones(count, dtype=bool)
