"""Searches of scikit-learn that look at no label of the target."""

import numpy as np
import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation import AdaptedClassifier, UnlabeledScorer
from matchzoo.evaluation.scorers import mutual_information

RNG = np.random.default_rng(0)
LABELS, DOMAIN = np.arange(120) % 2, np.where(np.arange(120) < 80, 1, -2)
ROWS = np.where(LABELS, 2.0, -2.0)[:, None] * [1.0, 0.5] + RNG.normal(size=(120, 2)) + (DOMAIN < 0)[:, None] * 6.0
MASKED = np.where(DOMAIN > 0, LABELS, -1)


def test_a_search_by_it():
    from sklearn.model_selection import GridSearchCV, KFold

    folds = KFold(4, shuffle=True, random_state=0)
    search = GridSearchCV(AdaptedClassifier(), {"method": ["means", None]}, cv=folds, scoring=UnlabeledScorer())
    assert search.fit(ROWS, MASKED).best_params_ == {"method": "means"}


def test_it_is_the_function_of_the_targets_rows():
    import torch

    classifier = AdaptedClassifier("means").fit(ROWS, MASKED)
    logits = classifier.predict_proba(ROWS[DOMAIN < 0])
    expected = mutual_information(torch.from_numpy(logits).log())
    for about in ({"y": MASKED}, {"sample_domain": DOMAIN}):
        assert UnlabeledScorer()(classifier, ROWS, **about) == pytest.approx(expected, abs=1e-12)
    assert UnlabeledScorer()(classifier, ROWS[DOMAIN < 0]) == pytest.approx(expected, abs=1e-12)
    for name in ("circular", "importance-weighted", "dev", "mixval"):
        assert np.isfinite(UnlabeledScorer(name)(classifier, ROWS, MASKED))


def test_what_is_refused():
    classifier = AdaptedClassifier("means").fit(ROWS, MASKED)
    with pytest.raises(MatchZooError, match="dev needs labeled rows of the source"):
        UnlabeledScorer("dev")(classifier, ROWS)
    with pytest.raises(MatchZooError, match="did you mean 'entropy'"):
        UnlabeledScorer("entrpy")
