"""Images in standard units: what networks see while they are matched, and while they are trained from scratch."""

import math
from typing import ClassVar

import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.data.pool import Pool
from matchzoo.projectors.projector import Projector


@declare("standardized")
class Standardized(Projector):
    """Images, flattened, whose channels have mean 0 and standard deviation 1 over the real training images:
    (x − mean) / std, by channel.

    These are the inputs that the evaluation `FromScratch` gives its networks. A ``learned`` projector that stands on
    this one (``on``, with ``image``) and a gradient of a network in its space see the same.

    Examples:
        >>> images = Standardized()
        >>> images.build(Spec(shape=(3, 8, 8)))
        192
        >>> images(torch.rand(4, 3, 8, 8)).shape  # as they are, until `prepare` has seen the training images
        torch.Size([4, 192])

    Source: the inputs of Zhao et al., Dataset condensation with gradient matching, ICLR 2021, in the released code.
    """

    keeps_state: ClassVar[bool] = True

    def build(self, spec: Spec) -> int:
        """Room for mean and standard deviation; a `DeclarationError` if samples are no images."""
        if not spec.is_images:
            message = f"standardizes the channels of images, but a sample has shape {spec.shape}; leave it out"
            raise DeclarationError([(spec.space, message)])
        self.shape = spec.shape
        self.mean, self.std = nn.Buffer(torch.zeros(spec.shape[0], 1, 1)), nn.Buffer(torch.ones(spec.shape[0], 1, 1))
        return math.prod(spec.shape)

    def prepare(self, pool: Pool) -> None:
        """Take mean and standard deviation of the training images."""
        mean, std = pool.split.moments
        self.mean.copy_(mean)
        self.std.copy_(std)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Images [n, c, h, w] in [0, 1] → [n, d]."""
        return ((x - self.mean) / self.std).flatten(1)

    def decode(self, features: torch.Tensor) -> torch.Tensor:
        """The images [n, c, h, w] of features [n, d]."""
        return features.unflatten(1, self.shape) * self.std + self.mean
