"""Kinds of the screening of transfer alone: a backbone disturbed while images move, and averaged images."""

from typing import Any, ClassVar

import attrs
import torch
import torch.nn.functional as F
from timm.layers import DropPath

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.generators import Generator, PyramidImages
from matchzoo.generators.images import decode
from matchzoo.projectors import Backbone, Projector


@declare("disturbed")
class Disturbed(Projector):
    """A backbone of timm that is random for images that get gradients, and itself for all others."""

    backbone: Backbone
    """What is disturbed."""
    stochastic_depth: float = attrs.field(default=0.0, validator=between(0, 1))
    """Probability with which the last residual block leaves out its branch, for each image; earlier ones less, in
    proportion to their position (Huang et al., 2016)."""
    dropout: float = attrs.field(default=0.0, validator=between(0, 1))
    """Share of the features that are 0; the others are scaled to the same mean."""
    noise: float = 0.0
    """Standard deviation of what features are multiplied by, around 1."""

    def build(self, spec: Spec) -> int:
        """Load the weights, and put random branches into the blocks."""
        width = self.backbone.build(spec)
        stages: Any = self.backbone.network.blocks
        blocks = [block for stage in stages for block in stage if getattr(block, "has_skip", False)]
        for position, block in enumerate(blocks, 1):
            block.drop_path = DropPath(self.stochastic_depth * position / len(blocks))
        self.branches = [block.drop_path for block in blocks]
        return width

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Features [n, d] of images [n, c, h, w]."""
        disturbed = torch.is_grad_enabled() and x.requires_grad
        for branch in self.branches:
            branch.training = disturbed
        features = self.backbone.project(x)
        if not disturbed:
            return features
        return F.dropout(features, self.dropout) * (1 + self.noise * torch.randn_like(features))


@declare("averaged")
class Averaged(Generator):
    """A pyramid whose images are those of an exponential average of its levels over steps, once training is over."""

    per_sample_parameters: ClassVar[bool] = True
    images: PyramidImages
    """Starts from real images, so that all of its levels are there at once."""
    average: float = attrs.field(default=0.98, validator=between(0, 1))
    """Share of the average that stays in a step."""

    def build(self, spec: Spec) -> None:
        """The levels, and their averages."""
        self.images.build(spec)
        for position, level in enumerate(self.images.levels):
            self.register_buffer(f"average_{position}", level.detach().clone())

    @property
    def averages(self) -> list[torch.Tensor]:
        """One for each level."""
        return [self.get_buffer(f"average_{position}") for position in range(len(self.images.levels))]

    def prepare(self, pool: Pool) -> None:
        """Start from real images."""
        self.images.prepare(pool)
        for average, level in zip(self.averages, self.images.levels, strict=True):
            average.copy_(level)

    @torch.no_grad()
    def follow(self) -> None:
        """Move the averages."""
        for average, level in zip(self.averages, self.images.levels, strict=True):
            average.lerp_(level, 1 - self.average)

    @property
    def count(self) -> int:
        """Of the pyramid."""
        return self.images.count

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Indices [n] of images."""
        return self.images.draw(n, rng)

    def before_step(self, step: Step) -> bool:
        """Let the pyramid do what is due."""
        return self.images.before_step(step)

    def render(self, draws: torch.Tensor) -> Samples:
        """Images of the levels while these are trained, else of their averages."""
        if self.training:
            return self.images.render(draws)
        images = decode([average[draws] for average in self.averages], self.images.side, self.images.decorrelate)
        return Samples(images, self.images.labels[draws], index=draws)
