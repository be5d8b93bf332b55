"""A set of samples that count as a reward says."""

from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.models.rewards import Reward, reward_weights
from matchzoo.training.derived_sets.derived_set import DerivedSet, Embed


@declare("rewarded")
class Rewarded(DerivedSet):
    """Samples with weights in proportion to exp(τ r), with a mean of 1 over the set (`reward_weights`); weights that
    they have already are factors.

    Of ``synthetic`` (the default) they are what the generator makes as it is now, so that a flow which learns them by
    ``flow-matching`` keeps moving (online); of ``real`` it learns the data, tilted once (offline). No gradient
    passes through the samples or the reward.

    Source: Fan et al., Online reward-weighted fine-tuning of flow matching with Wasserstein regularization
    (ORW-CFM-W2), ICLR 2025.
    """

    takes_synthetic: ClassVar[bool] = True
    of: str = attrs.field(default="synthetic", validator=not_empty())
    """Name of the set that it is made of."""
    reward: Reward
    """r, of features in a space."""
    strength: float = attrs.field(default=1.0, validator=at_least(0))
    """τ, at least 0: how much the reward counts; 0 for weights of 1."""
    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector whose features the reward looks at, where a recipe has several."""

    @property
    def spaces(self) -> dict[str, str | None]:
        """That of the reward."""
        return {"space": self.space}

    @torch.no_grad()
    def derive(
        self,
        sets: Sequence[Samples],
        embed: Embed,
        parameters: Sequence[nn.Parameter],
        step: Step,
        rng: torch.Generator,
    ) -> Samples:
        """The same samples with their weights."""
        [samples] = sets
        weights = reward_weights(self.reward(embed(samples, self.space).values), self.strength)
        if samples.weights is not None:
            weights = weights * samples.weights
        return attrs.evolve(samples, values=samples.values.detach(), weights=weights)
