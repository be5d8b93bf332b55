"""Weighted linear regression against scikit-learn, and against copies of rows."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.linear_regression import fit_linear_regression

RNG = np.random.default_rng(0)
FEATURES, VALUES, WEIGHTS = RNG.normal(size=(30, 3)), RNG.normal(size=30), RNG.uniform(size=30)


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_it_is_scikit_learns(penalty):
    from sklearn.linear_model import LinearRegression, Ridge

    theirs = Ridge(alpha=penalty * WEIGHTS.sum(), solver="cholesky") if penalty else LinearRegression()
    theirs.fit(FEATURES, VALUES, WEIGHTS)
    ours = fit_linear_regression(*map(torch.from_numpy, (FEATURES, VALUES)), penalty, torch.from_numpy(WEIGHTS))
    np.testing.assert_allclose(ours.weight, theirs.coef_, atol=1e-12)
    np.testing.assert_allclose(ours.predict(torch.from_numpy(FEATURES)), theirs.predict(FEATURES), atol=1e-12)


def test_a_weight_is_a_number_of_copies_and_more_features_than_rows_have_the_shortest_solution():
    features, values = torch.from_numpy(FEATURES), torch.from_numpy(VALUES)
    counts = torch.arange(30) % 3
    weighted = fit_linear_regression(features, values, 0.2, counts.double())
    copied = fit_linear_regression(features.repeat_interleave(counts, 0), values.repeat_interleave(counts), 0.2)
    torch.testing.assert_close(weighted.weight, copied.weight)
    few = fit_linear_regression(features[:3], values[:3])
    centered = features[:3] - features[:3].mean(0)
    torch.testing.assert_close(few.weight, torch.linalg.pinv(centered) @ (values[:3] - values[:3].mean()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.rand(3, 2), torch.rand(2)), r"\[3, 2\] and \[2\]"),
        ((torch.rand(3, 2), torch.rand(3), -1.0), "at least 0, got -1"),
        ((torch.rand(3, 2), torch.rand(3), 0.0, torch.tensor([1.0, -1.0, 0.0])), "not negative"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(MatchZooError, match=message):
        fit_linear_regression(*arguments)
