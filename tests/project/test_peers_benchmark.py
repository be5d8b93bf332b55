"""What benchmarks/peers.py says of errors: small for what is right, on data whose truth is known."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import peers_rows as rows


def test_the_true_ratio_has_no_error_and_a_constant_has_its_variance() -> None:
    p, q = rows.shifted(4000, 0)
    truth = rows.true_ratio(p, q)
    assert truth.mean().item() == pytest.approx(1, abs=0.1)
    assert rows.ratio_error(truth, p, q) == pytest.approx(0, abs=0.05)
    assert rows.ratio_error(torch.ones(4000), p, q) > 1  # 1.86 in expectation


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("MMD² with gradient, n = 1000", 1e-5),
        ("precision and recall, n = 5000", 1e-12),
        ("nine penalties of a softmax regression", 1e-9),
        ("uLSIF, n = 1000", 5.0),
    ],
)
def test_ours_is_measured_and_right(name: str, bound: float) -> None:
    row = rows.ROWS[name]
    sets = row.make(120, 0)
    assert row.error is not None
    assert 0 <= row.error(row.contenders["matchzoo"](*sets), *sets) <= bound
