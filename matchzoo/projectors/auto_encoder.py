"""A learned feature space with a decoder: the critic of MMD-GAN."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.models.networks.network import Network
from matchzoo.projectors.learned import clip
from matchzoo.projectors.projector import Projector


@declare("auto-encoder")
class AutoEncoder(Projector):
    """Features of an encoder, and a decoder from them to samples, moved together; `Reconstruction` is the term.

    Examples:
        >>> auto = AutoEncoder(encoder=MLP(), decoder=MLP(), features=3)
        >>> auto.build(Spec(shape=(8,)))
        3
        >>> auto.decode(auto(torch.randn(5, 8))).shape
        torch.Size([5, 8])

    Source: Li et al., MMD GAN: towards deeper understanding of moment matching network, NeurIPS 2017.
    """

    encoder: Network
    """From samples to features."""
    decoder: Network
    """From features to samples."""
    features: int = attrs.field(validator=at_least(1))
    """Dimension of the features."""
    bound: float | None = attrs.field(default=None, validator=positive())
    """Largest absolute value of a parameter of the encoder, which is clipped to it after each step; none if not
    given."""

    def build(self, spec: Spec) -> int:
        """Build both networks, initialized by the seed of the run."""
        step = Step(0, spec.seed)
        self.encoder.build(spec.shape, (self.features,), step.rng(spec.space))
        self.decoder.build((self.features,), spec.shape, step.rng(spec.space.replace("projector", "decoder", 1)))
        clip(self.encoder, self.bound)
        return self.features

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, features]."""
        return self.encoder(x)

    def decode(self, features: torch.Tensor) -> torch.Tensor:
        """[n, features] → [n, …]."""
        return self.decoder(features)

    def after_step(self) -> None:
        """Clip the encoder's parameters to the bound, and constrain both networks."""
        clip(self.encoder, self.bound)
        super().after_step()
