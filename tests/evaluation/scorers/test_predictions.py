"""Scorers of predictions: golden values, brute force, and their limits."""

import math

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.scorers import (
    matrix_norm,
    mutual_information,
    prediction_entropy,
    predictions,
    soft_neighborhood_density,
)

EXACT = {"rel": 0, "abs": 1e-12}
CERTAIN = 100 * torch.eye(4, dtype=torch.float64)


@pytest.fixture
def logits(golden):
    return torch.from_numpy(golden("alignment.npz")["score_logits"])


@pytest.mark.parametrize(
    ("scorer", "key"),
    [(prediction_entropy, "entropy"), (soft_neighborhood_density, "snd"), (mutual_information, "mutual_information")],
)
def test_golden_values(golden, logits, scorer, key):
    assert scorer(logits) == pytest.approx(float(golden("alignment.npz")[f"score_{key}"]), **EXACT)


def test_blocks_change_nothing(logits, monkeypatch):
    whole = soft_neighborhood_density(logits)
    monkeypatch.setattr(predictions, "BLOCK", 2)
    assert soft_neighborhood_density(logits) == pytest.approx(whole, **EXACT)


def test_limits():
    uniform = torch.zeros(5, 4)
    assert prediction_entropy(uniform) == pytest.approx(math.log(4))
    assert prediction_entropy(1e6 * CERTAIN) == 0
    assert mutual_information(uniform) == pytest.approx(0, abs=1e-12)
    assert mutual_information(CERTAIN) == pytest.approx(math.log(4))
    assert mutual_information(CERTAIN[:1].expand(5, 4)) == pytest.approx(0, abs=1e-12)
    assert soft_neighborhood_density(uniform) == pytest.approx(math.log(4))


def test_the_matrix_norm_is_its_equation(logits):
    taylor = 1 + logits + logits**2 / 2
    for normalized, threshold in ((taylor / taylor.sum(1, keepdim=True), 5.0), (logits.softmax(1), 0.0)):
        direct = sum(float(entry) ** 4 for entry in normalized.flatten()) / normalized.numel()
        assert matrix_norm(logits, threshold=threshold) == pytest.approx(direct**0.25, **EXACT)
    assert matrix_norm(torch.zeros(5, 4)) == pytest.approx(1 / 4)
    assert matrix_norm(CERTAIN) == pytest.approx((1 / 4) ** 0.25)  # above the threshold by itself


@pytest.mark.parametrize(
    ("scored", "message"),
    [
        (lambda: prediction_entropy(torch.zeros(3)), r"expected features \[n, d\]"),
        (lambda: mutual_information(torch.tensor([[0.0, math.nan]])), "not all finite"),
        (lambda: soft_neighborhood_density(torch.zeros(1, 3)), "at least 2 samples"),
        (lambda: soft_neighborhood_density(torch.zeros(3, 3), 0.0), "temperature: expected a number above 0"),
        (lambda: matrix_norm(torch.zeros(3, 3), 0.5), "order: expected at least 1"),
    ],
)
def test_what_is_refused(scored, message):
    with pytest.raises(MatchZooError, match=message):
        scored()
