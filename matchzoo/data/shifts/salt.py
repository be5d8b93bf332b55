"""White pixels at random, of every image its own and always the same."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between
from matchzoo.data.shifts.shift import Shift, generators


def sprinkle(images: torch.Tensor, share: float, keys: torch.Tensor) -> torch.Tensor:
    """Images [n, c, h, w] of which each pixel is white with probability ``share``, drawn for each image by its key
    [n], in all channels alike."""
    size = (1, *images.shape[2:])
    drawn = torch.stack([torch.rand(size, generator=rng) for rng in generators(keys)])
    return torch.where((drawn < share).to(images.device), 1.0, images)


@declare("salt")
class Salt(Shift):
    """Some pixels white (`sprinkle`), such as snow, the same whenever an image is read."""

    share: float = attrs.field(default=0.04, validator=between(0, 1))
    """Of the pixels."""

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Each image by its key."""
        return sprinkle(samples, self.share, keys)
