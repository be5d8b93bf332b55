"""The estimator in the style of scikit-learn: alone, cloned, in a pipeline."""

import numpy as np
import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation import AdaptedClassifier

RNG = np.random.default_rng(0)
NAMES = np.array(["cat", "dog"])
LABELS = np.arange(120) % 2
DOMAIN = np.where(np.arange(120) < 80, 1, -2)
ROWS = np.where(LABELS, 2.0, -2.0)[:, None] * [1.0, 0.5] + RNG.normal(size=(120, 2)) + (DOMAIN < 0)[:, None] * 6.0
MASKED = np.where(DOMAIN > 0, NAMES[LABELS], "unknown")


def test_it_is_fitted_cloned_and_part_of_a_pipeline():
    from sklearn.base import clone, is_classifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    target, truth = ROWS[DOMAIN < 0], NAMES[LABELS[DOMAIN < 0]]
    classifier = AdaptedClassifier("means").fit(ROWS, MASKED, DOMAIN)
    assert classifier.classes_.tolist() == ["cat", "dog"]
    assert (
        classifier.score(target, truth) > 0.9 > AdaptedClassifier(None).fit(ROWS, MASKED, DOMAIN).score(target, truth)
    )
    np.testing.assert_allclose(classifier.predict_proba(target).sum(1), 1)
    assert is_classifier(classifier)

    other = clone(classifier).set_params(method="coral")
    assert other.get_params() == {"method": "coral", "standardize": True, "penalty": None, "seed": 0}
    pipeline = make_pipeline(StandardScaler(), other).fit(ROWS, MASKED, adaptedclassifier__sample_domain=DOMAIN)
    assert (pipeline.predict(target) == truth).mean() > 0.9


def test_what_is_refused():
    with pytest.raises(MatchZooError, match="sample_domain: expected numbers above 0"):
        AdaptedClassifier().fit(ROWS, MASKED, np.ones(120))
    with pytest.raises(MatchZooError, match="got 120, 120 and 3"):
        AdaptedClassifier().fit(ROWS, MASKED, [1, -1, 1])
    with pytest.raises(MatchZooError, match="unknown methd"):
        AdaptedClassifier().set_params(methd="coral")
