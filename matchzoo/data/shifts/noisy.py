"""Gaussian noise, of every sample its own and always the same."""

from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.data.shifts.shift import IMAGE, POINT, Shift, generators


def add_noise(samples: torch.Tensor, std: float, keys: torch.Tensor) -> torch.Tensor:
    """Samples [n, …] plus ``std`` · N(0, I), drawn for each sample by its key [n]."""
    shape = samples.shape[1:]
    noise = torch.stack([torch.randn(shape, generator=rng) for rng in generators(keys)])
    return samples + std * noise.to(samples)


@declare("noisy")
class Noisy(Shift):
    """Gaussian noise on every pixel or coordinate (`add_noise`), the same whenever a sample is read."""

    takes: ClassVar[tuple[int, ...]] = (IMAGE, POINT)

    std: float = attrs.field(default=0.35, validator=at_least(0))
    """Standard deviation; of images, whose values are in [0, 1], before clipping."""

    def change(self, samples: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Each sample by its key."""
        return add_noise(samples, self.std, keys)
