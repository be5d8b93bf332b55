"""Contrast and brightness: a·x + b of every value."""

from typing import ClassVar

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.data.shifts.shift import IMAGE, POINT, Shift


@declare("contrast")
class Contrast(Shift):
    """``scale`` · x + ``offset`` of every pixel or coordinate, ``scale = 0.4`` and ``offset = 0.3`` for low contrast.

    A change of means and variances alone: what aligns these undoes it.
    """

    takes: ClassVar[tuple[int, ...]] = (IMAGE, POINT)

    scale: float = 0.4
    """Factor; negative numbers invert."""
    offset: float = 0.3
    """What is added."""

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """The same for all."""
        return self.scale * samples + self.offset
