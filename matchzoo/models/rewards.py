"""Rewards: how good a sample is, by its features."""

from abc import ABC, abstractmethod

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare, family
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import MatchZooError


def reward_weights(rewards: torch.Tensor, strength: float) -> torch.Tensor:
    """Weights [n] of a mean of 1, in proportion to exp(τ r), of rewards r [n] and a strength τ ≥ 0.

    Under them samples of p are those of p(x) exp(τ r(x)) / Z, the distribution of the largest mean reward at its
    Kullback–Leibler divergence from p. All are 1 for τ = 0.

    Examples:
        >>> flow_matching_loss(velocity, noise, samples, time, weights=reward_weights(reward(samples), 1.0))

    Source: Peters and Schaal, Reinforcement learning by reward-weighted regression, ICML 2007.
    """
    return len(rewards) * torch.softmax(strength * rewards, 0)


@family("reward")
class Reward(ABC):
    """A number for every sample, by its features.

    Examples:
        >>> LinearReward(direction=[1.0, 0.0])(torch.randn(5, 2)).shape  # the first coordinate
        torch.Size([5])
    """

    @abstractmethod
    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """r [n] of features [n, d]."""


@declare("linear")
class LinearReward(Reward):
    """r = ⟨a, x⟩: a coordinate, or any other linear functional."""

    direction: Several[float] = attrs.field(validator=not_empty())
    """a, a number for each feature."""

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """⟨a, x⟩ [n]; raises unless there are as many features [n, d] as numbers."""
        flat = features.flatten(1)
        if flat.shape[1] != len(self.direction):
            message = f"reward.direction: expected a number for each of {flat.shape[1]} features, got"
            raise MatchZooError(f"{message} {len(self.direction)}")
        return flat @ flat.new_tensor(self.direction)


@declare("class-probability")
class ClassProbability(Reward):
    """r = log p(c | x) by features that are class scores, such as those of a head that was trained before: with a
    strength τ samples are drawn toward p(x) p(c | x)^τ."""

    label: int = attrs.field(validator=at_least(0))
    """c, from 0."""

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """log p(c | x) [n] of scores [n, classes]; raises where there is no such class."""
        if self.label >= features.shape[1]:
            raise MatchZooError(f"reward.label: expected less than {features.shape[1]} classes, got {self.label}")
        return torch.log_softmax(features, 1)[:, self.label]
