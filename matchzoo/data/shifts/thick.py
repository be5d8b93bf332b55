"""Thicker or thinner strokes."""

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.data.shifts.shift import Shift


def thicken(images: torch.Tensor, pixels: int) -> torch.Tensor:
    """Images [n, c, h, w] whose bright strokes are wider by ``pixels`` on every side: the largest value of a square of
    2 · pixels + 1 (gray dilation); of a negative number of pixels the least one (erosion), so that they are thinner."""
    if pixels < 0:
        return -thicken(-images, -pixels)
    return F.max_pool2d(images, 2 * pixels + 1, stride=1, padding=pixels)


@declare("thick")
class Thick(Shift):
    """Bright strokes on a dark ground that are thicker (`thicken`), or thinner."""

    pixels: int = attrs.field(default=1)
    """How much wider strokes are on every side; less than 0 for thinner ones."""

    def __attrs_post_init__(self) -> None:
        if self.pixels == 0:
            raise DeclarationError([("pixels", "expected a number above 0 for thicker strokes, below 0 for thinner")])

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The same for all."""
        return thicken(samples, self.pixels)
