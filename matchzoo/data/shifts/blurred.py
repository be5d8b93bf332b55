"""Gaussian blur."""

import math

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import positive
from matchzoo.data.shifts.shift import Shift

REACH = 4.0
"""Standard deviations at which the Gaussian is cut off."""


def blur(images: torch.Tensor, std: float) -> torch.Tensor:
    """Images [n, c, h, w] convolved with a Gaussian of ``std`` pixels, cut off at 4 of them; beyond the border lies
    what is at the border."""
    reach = max(1, math.floor(REACH * std + 0.5))
    offsets = torch.arange(-reach, reach + 1, dtype=images.dtype, device=images.device)
    weights = torch.softmax(-0.5 * (offsets / std).square(), 0)

    n, c, height, width = images.shape
    flat = F.pad(images.reshape(n * c, 1, height, width), (reach,) * 4, mode="replicate")
    smooth = F.conv2d(F.conv2d(flat, weights[None, None, :, None]), weights[None, None, None, :])
    return smooth.view(n, c, height, width)


@declare("blurred")
class Blurred(Shift):
    """Images out of focus: Gaussian blur (`blur`)."""

    std: float = attrs.field(default=1.0, validator=positive())
    """Standard deviation of the Gaussian in pixels."""

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The same for all."""
        return blur(samples, self.std)
