"""The verdict on an estimated ratio."""

import pytest

from matchzoo.ratios import verdict

GOOD = {
    "mean": 1.02,
    "minimum": 0.0,
    "effective_sample_size": 311.1,
    "condition_number": 24.3,
    "held_out": {"mean": 1.1, "squared_error_less_that_of_1": -0.6, "auc": 0.72},
    "balance": {"a": [0.4, 0.02]},
}


def test_nothing_is_said_of_good_figures() -> None:
    assert verdict(GOOD, (600, 800)).record() == {"word": "trust", "reasons": {}}


@pytest.mark.parametrize(
    ("changes", "word", "figure", "reason"),
    [
        ({"mean": 0.8}, "be careful", "mean", "should be 1"),
        ({"mean": 2.0}, "do not trust", "mean", "should be 1"),
        ({"mean": None}, "do not trust", "mean", "too large for a number"),
        ({"minimum": -0.1}, "be careful", "minimum", "negative"),
        ({"clipped_share": 0.2}, "be careful", "clipped_share", "set to 0"),
        ({"kernel_error": 0.2}, "be careful", "kernel_error", "give more"),
        ({"effective_sample_size": 79.0}, "be careful", "effective_sample_size", "less than a tenth"),
        ({"effective_sample_size": 9.0}, "do not trust", "effective_sample_size", "a handful"),
        ({"condition_number": 1e9}, "do not trust", "condition_number", "above 1e+08: raise the ridge"),
        ({"held_out": None}, "be careful", "held_out", "could not be checked"),
        ({"held_out": {**GOOD["held_out"], "mean": 1.3}}, "be careful", "held_out_mean", "should be 1"),
        (
            {"held_out": {**GOOD["held_out"], "squared_error_less_that_of_1": 0.1}},
            "do not trust",
            "held_out_error",
            "no weights",
        ),
        (
            {"held_out": {**GOOD["held_out"], "squared_error_less_that_of_1": 0.1, "auc": 0.5}},
            "be careful",
            "held_out_error",
            "look alike",
        ),
        ({"balance": {"a": [0.4, -0.5]}}, "be careful", "balance", "further apart after weighting: a"),
    ],
)
def test_what_is_wrong_is_said(changes: dict, word: str, figure: str, reason: str) -> None:
    judged = verdict(GOOD | changes, (600, 800))
    assert judged.word == word
    assert list(judged.reasons) == [figure]
    assert reason in judged.reasons[figure]
