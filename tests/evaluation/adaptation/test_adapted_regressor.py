"""The regressor in the style of scikit-learn: masked numbers, weights, and R²."""

import numpy as np
import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation import AdaptedRegressor

RNG = np.random.default_rng(0)
DOMAIN = np.where(np.arange(90) < 60, 1, -1)
ROWS = RNG.normal(size=(90, 2)) + (DOMAIN < 0)[:, None] * 5.0
NUMBERS = ROWS @ [1.0, -2.0] + (DOMAIN < 0) * 5.0 + 0.1 * RNG.normal(size=90)


def test_masked_numbers_are_the_targets():
    from sklearn.base import clone, is_regressor
    from sklearn.metrics import r2_score

    masked = np.where(DOMAIN > 0, NUMBERS, np.nan)
    regressor = AdaptedRegressor("means", penalty=0).fit(ROWS, masked)
    target, truth = ROWS[DOMAIN < 0], NUMBERS[DOMAIN < 0]
    assert is_regressor(clone(regressor))
    assert regressor.score(target, truth) == pytest.approx(r2_score(truth, regressor.predict(target)))
    assert regressor.score(target, truth) > 0.9
    assert AdaptedRegressor("means").fit(ROWS, NUMBERS, DOMAIN).score(ROWS, NUMBERS, DOMAIN) > 0.9
    with pytest.raises(MatchZooError, match="expected numbers, got <U1; AdaptedClassifier takes labels"):
        AdaptedRegressor().fit(ROWS, np.array(["a"] * 90), DOMAIN)
