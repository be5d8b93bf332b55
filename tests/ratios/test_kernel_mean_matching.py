"""Kernel mean matching under covariate shift: what its weights do to a regression."""

import sys

import numpy as np
import pytest
import torch

from matchzoo.ratios import KernelMeanMatching, Ratio, estimate
from matchzoo.ratios.solving import kernel_sums


def covariate_shift() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two clusters of q, at 0 (slope 0.2) and at 1 (constant 10), of which p has the first only; 100 samples each.

    The case of the tests of the package `adapt`, which allows a slope of 1.2 after weighting.
    """
    rng = np.random.RandomState(0)
    q = np.concatenate([rng.randn(50) * 0.1, rng.randn(50) * 0.1 + 1])
    return rng.randn(100) * 0.1, q, np.where(q < 0.5, 0.2 * q, 10)


def slope(weights: np.ndarray) -> float:
    """Of the line through 0 that is fitted by weighted least squares."""
    _, x, y = covariate_shift()
    return (weights * x) @ y / ((weights * x) @ x)


def fit(**fields) -> Ratio:
    p, q, _ = covariate_shift()
    return estimate(p, q, KernelMeanMatching(**fields), standardize="bandwidths" not in fields)


WIDE = {"bandwidths": (0.5**0.5,)}
"""exp(−|x − y|²), as the public case has it: seven times as wide as a cluster."""


@pytest.mark.parametrize("fields", [{}, WIDE, {"bound": 1000.0, "tolerance": 0.9}], ids=["default", "wide", "Huang's"])
def test_constrained_weights_leave_the_foreign_cluster_out(fields):
    weights = fit(constraint="non-negative", **fields).denominator.numpy()
    assert weights.min() >= 0
    assert weights[:50].sum() == pytest.approx(100, abs=1)
    assert weights[50:].sum() < 0.1
    assert abs(slope(weights) - 0.2) < 0.3


def test_clipping_keeps_the_positive_half_of_weights_that_cancelled_and_says_how_much_it_cut():
    """In the foreign cluster the closed form's weights sum to 0, with both signs; cutting one sign leaves the other."""
    closed, clipped = fit(**WIDE), fit(constraint="clip", **WIDE)
    foreign = closed.denominator.numpy()[50:]
    assert abs(foreign.sum()) < 0.01
    assert abs(slope(closed.denominator.numpy()) - 0.2) < 0.3
    assert clipped.denominator.numpy()[50:].sum() == pytest.approx(foreign.clip(0).sum())
    assert 2 < slope(clipped.denominator.numpy()) < 2.5

    r = closed.denominator.numpy()
    share = np.abs(r.clip(max=0)).sum() / np.abs(r).sum()
    assert clipped.diagnostics()["clipped_share"] == pytest.approx(share)
    assert "clipped_share" not in closed.diagnostics()


@pytest.mark.parametrize("fields", [{}, {"constraint": "clip"}, {"constraint": "non-negative", "tolerance": 0.1}])
def test_blocks_give_the_same_ratio(monkeypatch, fields):
    p, q = (torch.tensor(x)[:, None] for x in covariate_shift()[:2])
    estimator = KernelMeanMatching(bandwidths=(0.5, 1.0), ridge=0.1, **fields)
    whole = estimator.fit(p, q)
    monkeypatch.setattr(kernel_sums, "PAIRS", 50)
    monkeypatch.setattr(kernel_sums, "BLOCK", 7)
    blocks = estimator.fit(p, q)
    torch.testing.assert_close(blocks.denominator, whole.denominator, rtol=0, atol=1e-12)
    torch.testing.assert_close(blocks.numerator, whole.numerator, rtol=0, atol=1e-11)
    assert estimator(p, q.clone().requires_grad_()).requires_grad


def test_many_rows_have_landmarks(monkeypatch):
    monkeypatch.setattr(sys.modules[KernelMeanMatching.__module__], "LARGEST_SYSTEM", 90)
    ratio = fit(ridge=0.1)
    assert "kernel_error" in ratio.diagnostics()
    assert ratio.chosen == {"landmarks": 1000}
    assert KernelMeanMatching().with_chosen(ratio.chosen).landmarks == 1000  # of a check with fewer rows, too
