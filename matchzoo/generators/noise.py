"""Samples from noise, by any network: the implicit generators of GANs, MMD-nets and GRAM-nets."""

from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.generators.endless import EndlessGenerator, require_count
from matchzoo.models.networks.network import Network


@declare("noise")
class NoiseGenerator(EndlessGenerator):
    """x = network(z) with z drawn from N(0, I) or U(−1, 1).

    Examples:
        >>> generator = NoiseGenerator(dimension=2, network=MLP(widths=[64, 64]))
        >>> generator.build(Spec(shape=(2,)))
        >>> generator(generator.draw(64)).shape
        torch.Size([64, 2])
    """

    dimension: int = attrs.field(validator=at_least(1))
    """Dimension of the noise."""
    network: Network
    """From noise to samples."""
    distribution: Literal["normal", "uniform"] = "normal"
    """Of the noise: standard normal, or uniform on [-1, 1]."""

    def build(self, spec: Spec) -> None:
        """Build the network for samples of ``spec.shape``."""
        self.built_for = spec
        self.network.build((self.dimension,), spec.shape, Step(0, spec.seed).rng("generator"))

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Noise [n, dimension]; n must be given."""
        n = require_count(n, "a noise generator has no end")
        if self.distribution == "normal":
            return torch.randn(n, self.dimension, generator=rng)
        return torch.rand(n, self.dimension, generator=rng) * 2 - 1

    def render(self, draws: torch.Tensor) -> Samples:
        """Samples [n, *shape] of noise [n, dimension]."""
        return Samples(self.network(draws.to(next(self.parameters()).dtype)))
