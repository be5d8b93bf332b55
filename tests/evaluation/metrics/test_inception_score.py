"""The Inception score: golden values, and its bounds."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics import inception_score


@pytest.mark.parametrize("splits", [1, 10])
def test_scores_have_golden_values(golden, splits: int) -> None:
    values = golden("metrics.npz")
    found = inception_score(torch.from_numpy(values["scores"]).softmax(1), splits, seed=None)
    assert found.mean == pytest.approx(values[f"torch_fidelity_isc_{splits}_mean"].item(), rel=1e-10)
    assert found.deviation == pytest.approx(values[f"torch_fidelity_isc_{splits}_std"].item(), rel=1e-8)


def test_bounds() -> None:
    sure = torch.eye(4).repeat(30, 1)
    assert inception_score(sure, 1).mean == pytest.approx(4)
    assert inception_score(sure, 10).mean < 4  # twelve at random are not three of each
    assert inception_score(torch.full((20, 4), 0.25)).mean == pytest.approx(1)
    assert inception_score(sure[:1], 1).mean == 1


def test_what_are_no_probabilities() -> None:
    with pytest.raises(MatchZooError, match=r"use scores\.softmax"):
        inception_score(torch.randn(20, 4))
    with pytest.raises(MatchZooError, match=r"1 to n splits, got \[5, 4\] and 10"):
        inception_score(torch.full((5, 4), 0.25))
