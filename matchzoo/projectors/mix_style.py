"""Features in the style of other samples: channels whose mean and deviation are mixed with another sample's."""

from typing import ClassVar

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.projectors.projector import Projector

SMALLEST = 1e-6
"""Added to variances."""


def mix_styles(maps: torch.Tensor, partners: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Feature maps with the style of a mixture: x' = σ' (x − μ) / σ + μ', where μ and σ are the mean and the standard
    deviation of a sample's channel over its positions, μ' = λ μ + (1 − λ) μ of the partner, and σ' likewise.

    Styles are held fixed: gradients pass through x alone.

    Args:
        maps: [n, c, positions].
        partners: [n] int64, the sample whose style is mixed in.
        shares: λ [n] in [0, 1], of the sample's own style.

    Source: Zhou et al., Domain generalization with MixStyle, ICLR 2021, equations 4 to 6.
    """
    with torch.no_grad():
        mean = maps.mean(2, keepdim=True)
        deviation = (maps.var(2, keepdim=True) + SMALLEST).sqrt()
        kept = shares[:, None, None].to(maps)
        mixed_mean = kept * mean + (1 - kept) * mean[partners]
        mixed_deviation = kept * deviation + (1 - kept) * deviation[partners]
    return (maps - mean) / deviation * mixed_deviation + mixed_mean


@declare("mix-style")
class MixStyle(Projector):
    """`mix_styles` of feature maps, partners and shares drawn in each step, λ from Beta(α, α): the same content in
    another style, as a second view of the features that it stands on. Layers that follow are `tied` to those of the
    first view.
    """

    couples_rows: ClassVar[bool] = True
    channels: int = attrs.field(validator=at_least(1))
    """Of the maps that the features are."""
    alpha: float = attrs.field(default=0.1, validator=positive())
    """α; the smaller, the nearer λ is to 0 or 1."""

    @property
    def is_resampled(self) -> bool:
        """Always."""
        return True

    def build(self, spec: Spec) -> int:
        """The dimension, which stays; raises unless it is a multiple of the channels, with two positions at least."""
        features = int(torch.Size(spec.shape).numel())
        if features % self.channels or features < 2 * self.channels:
            message = f"expected maps of {self.channels} channels and at least 2 positions, got {features} features"
            raise DeclarationError([(f"{spec.space}.channels", message)])
        self.step, self.name = Step(0, spec.seed), spec.space
        return features

    def before_step(self, step: Step) -> bool:
        """Note the step, whose styles are drawn."""
        self.step = step
        return False

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, c · positions] → the same."""
        rng = self.step.rng("mix-style", self.name)
        partners = torch.randperm(len(x), generator=rng).to(x.device, non_blocking=True)
        maps = x.reshape(len(x), self.channels, -1)
        return mix_styles(maps, partners, beta(self.alpha, len(x), rng).to(x, non_blocking=True)).flatten(1)


def beta(alpha: float, count: int, rng: torch.Generator) -> torch.Tensor:
    """Draws [count] of Beta(α, α), float64 on the CPU."""
    seed = int(torch.randint(2**62, (), generator=rng))
    return torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, count))
