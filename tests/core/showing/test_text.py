"""Numbers as text: what has no spread shows none."""

import pytest

from matchzoo.core.showing.text import mean_and_spread, with_spread


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        ({"top1_mean": 77.81, "top1_std": 0.52, "seeds": 5}, "77.8 (sd 0.5)"),
        ({"top1_mean": 77.81, "top1_std": 0.0, "seeds": 5}, "77.8 (sd 0.0)"),  # five seeds that agree
        ({"top1_mean": 77.81, "top1_std": None, "seeds": 1}, "77.8"),
        ({"top1_mean": 77.81, "top1_std": 0.0, "seeds": 1}, "77.8"),  # of earlier versions
        ({"top1_mean": 77.81}, "77.8"),
        ({"top1_std": 0.5}, ""),
    ],
)
def test_mean_and_spread(record: dict, shown: str) -> None:
    assert mean_and_spread(record, "top1") == shown


def test_only_the_mean_has_a_sign() -> None:
    assert with_spread(3.14, 0.25, "+.1f") == "+3.1 ± 0.2"
    assert with_spread(3.14, 0.25, kind="se") == "3.1 (se 0.2)"
    assert with_spread(-3.14, None, "+.1f") == "-3.1"
