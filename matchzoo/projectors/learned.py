"""A network that a player moves."""

import attrs
import torch

from matchzoo.declare import at_least, declare
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

    def build(self, facts: Facts) -> int:
        """Build the network, initialised by the seed of the run."""
        inputs = int(torch.Size(facts.shape).numel())
        self.network.build(inputs, self.features, Step(0, facts.seed).rng("projector"))
        return self.features

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, features]."""
        return self.network(x)
