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


def test_domains_by_masked_labels_and_by_number():
    """Labels that are masked are the target's, -1 as well as None; the source's rows have a map of their own."""
    target, truth = ROWS[DOMAIN < 0], LABELS[DOMAIN < 0]
    by_domain = AdaptedClassifier("means").fit(ROWS, LABELS, DOMAIN)
    for masked in (np.where(DOMAIN > 0, LABELS, -1), np.where(DOMAIN > 0, NAMES[LABELS], None)):
        by_label = AdaptedClassifier("means").fit(ROWS, masked)
        np.testing.assert_array_equal(by_label.predict_proba(target), by_domain.predict_proba(target))
        assert by_label.score(ROWS, masked) == by_domain.score(ROWS[DOMAIN > 0], LABELS[DOMAIN > 0], np.ones(80)) > 0.9
    assert by_domain.score(ROWS, LABELS, DOMAIN) > 0.9 > by_domain.score(ROWS, LABELS)
    assert by_domain.score(target, truth) == (by_domain.predict(ROWS, DOMAIN)[DOMAIN < 0] == truth).mean()
    signs = AdaptedClassifier("means").fit(ROWS, 2 * LABELS - 1, DOMAIN)  # -1 as a class
    assert signs.score(target, 2 * truth - 1) > 0.9


def test_columns_of_a_frame_go_by_name():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS, columns=["width", "height"])
    labels = pandas.Series(MASKED).astype("category")
    classifier = AdaptedClassifier("coral").fit(frame, labels, pandas.Series(DOMAIN))
    assert classifier.feature_names_in_.tolist() == ["width", "height"]
    np.testing.assert_array_equal(classifier.predict(frame[["height", "width"]]), classifier.predict(ROWS))
    with pytest.raises(MatchZooError, match=r"expected 2 columns \(width, height\)"):
        classifier.predict(frame[["height"]])


def test_searches_and_metadata():
    import sklearn
    from sklearn.model_selection import GridSearchCV, KFold

    folds, grid = KFold(4, shuffle=True, random_state=0), {"method": ["means", None]}
    masked = np.where(DOMAIN > 0, LABELS, -1)
    search = GridSearchCV(AdaptedClassifier(), grid, cv=folds).fit(ROWS, masked, sample_domain=DOMAIN)
    assert search.best_score_ > 0.9  # of the source, since no label of the target is known
    with sklearn.config_context(enable_metadata_routing=True):
        asking = AdaptedClassifier().set_fit_request(sample_domain=True).set_score_request(sample_domain=True)
        search = GridSearchCV(asking, grid, cv=folds).fit(ROWS, LABELS, sample_domain=DOMAIN)
    assert search.best_params_ == {"method": "means"}


@pytest.mark.parametrize(
    ("labels", "domain", "message"),
    [
        (LABELS, np.ones(120), "there is no row of the target: give sample_domain"),
        (LABELS, None, "there is no row of the target"),
        (LABELS, np.where(DOMAIN > 0, 1, 0), "expected numbers above 0"),
        (LABELS, ["source"] * 120, "sample_domain: expected numbers"),
        (LABELS, [1, -1, 1], "as many y and sample_domain, got 120 and 3"),
        (LABELS[:7], DOMAIN, "expected 120 labels"),
        (2 * LABELS - 1, None, "one class only: 1; .*where -1 is a class"),
        (np.where(np.arange(120) == 3, None, NAMES[LABELS]), DOMAIN, r"row 3 \(from 0\) is of the source"),
    ],
)
def test_what_is_refused(labels, domain, message):
    with pytest.raises(MatchZooError, match=message):
        AdaptedClassifier().fit(ROWS, labels, domain)


def test_before_it_is_fitted_and_of_labels_that_are_all_masked():
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        AdaptedClassifier().predict(ROWS)
    with pytest.raises(ValueError, match="Invalid parameter 'methd'"):
        AdaptedClassifier().set_params(methd="coral")
    with pytest.raises(MatchZooError, match="no row has a label"):
        AdaptedClassifier("means").fit(ROWS, MASKED, DOMAIN).score(ROWS, np.full(120, -1))
