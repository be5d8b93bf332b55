"""Scores of denoised points."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.fields import score_of


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_scores_are_those_of_others(sigma: float, transport: dict[str, torch.Tensor]):
    score = score_of(transport[f"score_denoised_sigma{sigma}"], transport["score_y"], sigma)
    torch.testing.assert_close(score, transport[f"score_sigma{sigma}"], rtol=1e-10, atol=1e-10)


def test_without_noise_there_is_none():
    with pytest.raises(MatchZooError, match="above 0"):
        score_of(torch.zeros(3, 2), torch.zeros(3, 2), torch.tensor([1.0, 0.0, 1.0]))
