"""A frozen, pre-trained network."""

import torch
from torch import nn

from matchzoo import zoo
from matchzoo.declare import declare
from matchzoo.errors import DeclarationError
from matchzoo.facts import Facts
from matchzoo.projectors.projector import Projector


@declare("backbone")
class Backbone(Projector):
    """The pooled features of a pre-trained network of the zoo, frozen: only the images get gradients.

    Normalisation belongs here: images come in [0, 1] and are shifted and scaled by the mean and standard deviation
    that the network was trained with.
    """

    card: str
    """Name of a backbone card of the zoo, or the path of a .toml file."""

    def build(self, facts: Facts) -> int:
        """Load the weights of the card; raises if the samples are no colour images or the weights are not here."""
        if not facts.is_images or facts.shape[0] != 3:
            raise DeclarationError(
                [("projector", f"a backbone takes images of 3 channels, but a sample has shape {facts.shape}")]
            )
        card = zoo.load(self.card)
        self.network: nn.Module = card.network()
        self.network.eval().requires_grad_(False)
        self.mean = nn.Buffer(torch.tensor(card.mean)[:, None, None], persistent=False)
        self.std = nn.Buffer(torch.tensor(card.std)[:, None, None], persistent=False)
        return card.features

    def train(self, mode: bool = True) -> "Backbone":
        """Stay in evaluation mode: batch statistics must not move."""
        return super().train(False)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Images [n, 3, h, w] in [0, 1] → features [n, d]."""
        return self.network((x - self.mean) / self.std)
