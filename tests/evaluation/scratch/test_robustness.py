"""The scores of DD-Ranking by hand."""

import math

import pytest

from matchzoo.evaluation.scratch import augmentation_robust_score, label_robust_score, normalized_score


def test_by_hand():
    value = label_robust_score(full_hard=0.85, set_hard=0.45, set_soft=0.65, random_soft=0.40)
    assert value == pytest.approx(0.5 * 0.25 - 0.5 * 0.40)
    weighted = label_robust_score(full_hard=0.85, set_hard=0.45, set_soft=0.65, random_soft=0.40, weight=0.9)
    assert weighted == pytest.approx(0.9 * 0.25 - 0.1 * 0.40)
    accuracies = {"set_augmented": 0.6, "random_augmented": 0.5, "set_plain": 0.4, "random_plain": 0.45}
    assert augmentation_robust_score(**accuracies, weight=0.8) == pytest.approx(0.8 * 0.1 - 0.2 * 0.05)


def test_it_is_normalized_between_the_worst_and_the_best():
    assert normalized_score(-1) == 0
    assert normalized_score(1) == 1
    assert normalized_score(0) == pytest.approx((1 - 1 / math.e) / (math.e - 1 / math.e))
