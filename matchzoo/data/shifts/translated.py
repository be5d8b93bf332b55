"""Images moved by a few whole pixels, each by its own and always the same way."""

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.data.shifts.shift import Shift, generators


def translate(images: torch.Tensor, pixels: int, keys: torch.Tensor) -> torch.Tensor:
    """Images [n, c, h, w] moved by up to ``pixels`` either way, down and across, drawn uniformly for each image by its
    key [n]; what comes into the frame is 0."""
    height, width = images.shape[2:]
    padded = F.pad(images, (pixels,) * 4)
    starts = [torch.randint(2 * pixels + 1, (2,), generator=rng).tolist() for rng in generators(keys)]
    moved = [
        image[:, top : top + height, left : left + width] for image, (top, left) in zip(padded, starts, strict=True)
    ]
    return torch.stack(moved)


@declare("translated")
class Translated(Shift):
    """Images moved by a few pixels (`translate`), such as photographs of one place from another position."""

    pixels: int = attrs.field(default=2, validator=at_least(1))
    """The most that an image moves, down and across."""

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Each image by its key."""
        return translate(samples, self.pixels, keys)
