"""A network that a player moves."""

import attrs
import torch
from torch import nn

from matchzoo.declare import at_least, declare, positive
from matchzoo.facts import Facts
from matchzoo.networks.network import Network
from matchzoo.projectors.projector import Projector
from matchzoo.step import Step


@declare("learned")
class Learned(Projector):
    """Any network as projector: the learned feature space of GRAM-nets, the critic of GANs (``features = 1``)."""

    network: Network
    """From samples to features."""
    features: int = attrs.field(validator=at_least(1))
    """Dimension of the features."""
    bound: float | None = attrs.field(default=None, validator=positive())
    """Largest absolute value of a parameter, which is clipped to it after each step; none if not given. The weight
    clipping of Wasserstein GANs and MMD-GANs."""

    def build(self, facts: Facts) -> int:
        """Build the network, initialised by the seed of the run."""
        self.network.build(facts.shape, (self.features,), Step(0, facts.seed).rng(facts.space))
        clip(self.network, self.bound)
        return self.features

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, features]."""
        return self.network(x)

    def constrain(self) -> None:
        """Clip the parameters to the bound."""
        clip(self.network, self.bound)


@torch.no_grad()
def clip(network: nn.Module, bound: float | None) -> None:
    """Clip every parameter to [−bound, bound]; None leaves them."""
    if bound is not None:
        for parameter in network.parameters():
            parameter.clamp_(-bound, bound)
