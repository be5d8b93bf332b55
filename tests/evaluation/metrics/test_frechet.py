"""Moments by batches, and the distance with a penalty for copies: against all rows at once, by hand, golden values.

``golden/metrics.npz`` holds two sets x [60, 5] and y [50, 5] of float64, twenty rows of y nearly along rows of x, class
scores [53, 4], and what torchmetrics 1.9.0 and torch-fidelity 0.4.0 say of them: ``_compute_cosine_distance(y, x, 10)``
and ``_mifid_compute`` of (y, x), whose first set is the one that the mean is over; ``_compute_fid``;
``kid_features_to_metric`` of 3 subsets of 50 rows by seed 0, whose rows are ``kid_rows``; ``isc_features_to_metric``
without shuffling.
"""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics import (
    Moments,
    frechet_distance,
    memorization_distance,
    memorization_informed_frechet_distance,
)


def test_copies_have_golden_values(golden) -> None:
    values = golden("metrics.npz")
    x, y = torch.from_numpy(values["x"]), torch.from_numpy(values["y"])
    distance = memorization_distance(y, x)
    assert distance == pytest.approx(values["torchmetrics_cosine_y_to_x"].item(), abs=1e-10)
    for threshold, key in ((0.1, "torchmetrics_mifid_y_first"), (1e-3, "torchmetrics_mifid_y_first_threshold_1e-3")):
        informed = memorization_informed_frechet_distance(y, x, threshold=threshold)
        assert informed == pytest.approx(values[key].item(), rel=1e-10)
    for key in ("torchmetrics_fid", "torch_fidelity_fid"):
        assert frechet_distance(x, y) == pytest.approx(values[key].item(), rel=1e-10)


def test_memorization_by_hand() -> None:
    training = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    generated = torch.tensor([[3.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [0.0, 0.0]])
    expected = (0 + 1 + 1 - 0.5**0.5) / 3
    assert memorization_distance(generated, training) == pytest.approx(expected, abs=1e-15)
    with pytest.raises(MatchZooError, match="no direction"):
        memorization_distance(torch.zeros(3, 2), training)
    other = torch.tensor([[1.0, 5.0], [1.0, 4.0]])
    assert memorization_informed_frechet_distance(generated, other, training) == frechet_distance(generated, other)
    copies = memorization_informed_frechet_distance(generated, other, generated)
    assert copies == pytest.approx(frechet_distance(generated, other) * 1e14, rel=1e-2)


def test_moments_by_batches_are_those_of_all_rows() -> None:
    rows = torch.randn(200, 4, generator=torch.Generator().manual_seed(0)).double() @ torch.randn(4, 4).double() + 1e6
    first, second = Moments(), Moments()
    for batch in rows[:90].split(40):
        first.update(batch)
    for batch in rows[90:].split(1):
        second.update(batch)
    mean, covariance = Moments().merge(first).merge(second).merge(Moments()).compute()
    torch.testing.assert_close(mean, rows.mean(0), rtol=1e-14, atol=0)
    torch.testing.assert_close(covariance, rows.T.cov(), rtol=1e-10, atol=1e-10)
    assert first.count == 90  # a merge leaves the other as it was

    other = rows[:50] + 1
    whole = frechet_distance(rows, other)
    assert frechet_distance(first.merge(second), other) == pytest.approx(whole, rel=1e-9)
    assert repr(first) == "<Moments of 200 samples of 4 features>"


def test_moments_refuse() -> None:
    with pytest.raises(MatchZooError, match="at least 2 rows of features, got 1"):
        Moments().update(torch.ones(1, 2)).compute()
    with pytest.raises(MatchZooError, match="expected features of 2 dimensions, got 3"):
        Moments().update(torch.ones(1, 2)).update(torch.ones(1, 3))
    with pytest.raises(MatchZooError, match="dimensions differ: 2 and 3"):
        frechet_distance(Moments().update(torch.ones(4, 2)), torch.ones(4, 3))
    with pytest.raises(MatchZooError, match="moments: the features are not all finite"):
        Moments().update(torch.full((2, 2), torch.inf))
