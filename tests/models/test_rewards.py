"""Rewards and the weights that they give."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.rewards import ClassProbability, LinearReward, reward_weights


def test_a_tilted_normal_is_the_normal_that_is_shifted():
    """N(0, 1) times exp(τ x) is N(τ, 1): its mean and variance, by 200 000 weighted samples."""
    x = torch.randn(200_000, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weights = reward_weights(LinearReward(direction=[1.0])(x), 0.5)
    assert weights.mean().item() == pytest.approx(1)
    mean = (weights * x[:, 0]).mean()
    assert mean.item() == pytest.approx(0.5, abs=0.02)
    assert (weights * (x[:, 0] - mean) ** 2).mean().item() == pytest.approx(1, abs=0.02)


def test_no_strength_is_no_weights():
    assert torch.equal(reward_weights(torch.randn(7), 0.0), torch.ones(7))
    assert reward_weights(torch.tensor([1e4, 0.0]), 1.0).tolist() == [2.0, 0.0]  # no overflow


def test_a_class_draws_towards_its_posterior():
    scores = torch.randn(6, 3)
    weights = reward_weights(ClassProbability(label=2)(scores), 1.0)
    posterior = scores.softmax(1)[:, 2]
    torch.testing.assert_close(weights, posterior / posterior.mean())


def test_what_does_not_fit_is_refused():
    with pytest.raises(MatchZooError, match="a number for each of 2 features, got 3"):
        LinearReward(direction=[1.0, 0.0, 0.0])(torch.randn(4, 2))
    with pytest.raises(MatchZooError, match="expected less than 2 classes, got 2"):
        ClassProbability(label=2)(torch.randn(4, 2))
