"""Regression under covariate shift (Shimodaira's line), its diagnostics, and what is refused."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation import adapt_regression
from matchzoo.models.linear_regression import fit_linear_regression
from matchzoo.ratios import KLIEP


def shimodaira(seed, n=200):
    """Source N(1, 0.5²), target N(2, 0.25²), y = sinc x + N(0, 0.25²): rows, numbers, the target's rows and truth."""
    rng = np.random.default_rng(seed)
    x, target = rng.normal(1, 0.5, n), rng.normal(2, 0.25, n)
    y = np.sinc(x) + rng.normal(0, 0.25, n)
    return [torch.from_numpy(values) for values in (x[:, None], y, target[:, None], np.sinc(target))]


def test_weights_find_the_line_that_is_right_at_the_target():
    x, y, target, truth = shimodaira(0)
    weighted = adapt_regression(x, y, target, KLIEP(bandwidths=(0.5,)), penalty=0, standardize=False)
    plain = adapt_regression(x, y, target, None, penalty=0)
    errors = [(fitted.predict(target) - truth).square().mean().item() for fitted in (plain, weighted)]
    assert errors[0] > 0.2 > 0.03 > errors[1]
    by_hand = fit_linear_regression(x, y, 0, weighted.aligned.source.weights)
    torch.testing.assert_close(weighted.predict(target), by_hand.predict(target))

    measured = weighted.diagnostics()
    residual = (weighted.source_predict(x) - y).square()
    assert measured["source_error"] == pytest.approx((weighted.aligned.shares @ residual).sqrt().item())
    change = weighted.predict(target) - plain.predict(target)
    assert measured["change"] == pytest.approx(change.square().mean().sqrt().item())
    assert measured["mean"] == pytest.approx(weighted.predict(target).mean().item())
    assert 10 < measured["effective_sample_size"] < 60


def test_numbers_that_are_refused():
    x, y, target, _ = shimodaira(0, 5)
    with pytest.raises(MatchZooError, match=r"finite values \[n\], got \[5, 1\] and \[5\]"):
        adapt_regression(x, y.log(), target)
    with pytest.raises(MatchZooError, match="penalty of at least 0"):
        adapt_regression(x, y, target, penalty=-1)
