"""The question of a sampler: how does a denoiser make samples of noise?"""

import collections
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import final

import torch

from matchzoo.core.declaration.declare import family
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.row_noise import row_normal
from matchzoo.core.step import Step

Denoise = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""E[x | y] [n, …] at noisy points y [n, …] and the standard deviation of their noise, [] or [n]."""
Noise = Callable[[int], torch.Tensor]
"""Numbers [n, …] from N(0, I), of which there are as many as one asks for: the same for the same number."""


def noise_levels(low: float, high: float, count: int) -> list[float]:
    """``count`` standard deviations from ``high`` down to ``low`` in geometric steps; ``low`` alone where it is one."""
    if count == 1:
        return [low]
    return [high * (low / high) ** (number / (count - 1)) for number in range(count)]


def noise_of(seeds: torch.Tensor, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Noise:
    """The noise of samples of some shape that each have a seed [n] int64: a sample is the same in any batch."""
    return lambda number: row_normal(seeds, number, shape).to(dtype)


@family("sampler")
class Sampler(ABC):
    """Makes samples of noise by a denoiser, from much noise to little; differentiable in the denoiser.

    Examples:
        >>> sampler = AnnealedLangevin(levels=10, steps=20)
        >>> sampler.draw(lambda y, sigma: y / (1 + sigma**2), 100, (2,), (0.01, 10.0)).shape  # of N(0, I)
        torch.Size([100, 2])
    """

    @abstractmethod
    def points(self, denoise: Denoise, noise: Noise, levels: tuple[float, float]) -> Iterator[torch.Tensor]:
        """The points [n, …] at the start and after every step.

        Args:
            denoise: E[x | y], for data that have about the mean 0.
            noise: number 0 is where the points start from.
            levels: the least and the largest σ.
        """

    @final
    def sample(self, denoise: Denoise, noise: Noise, levels: tuple[float, float]) -> torch.Tensor:
        """The last of the `points` [n, …], denoised once more at the least σ, so that no noise is left."""
        [last] = collections.deque(self.points(denoise, noise, levels), maxlen=1)
        return denoise(last, last.new_tensor(levels[0]))

    @final
    def draw(
        self, denoise: Denoise, n: int, shape: tuple[int, ...], levels: tuple[float, float], seed: int = 0
    ) -> torch.Tensor:
        """Samples [n, *shape] float32, a function of the seed.

        Args:
            denoise: as `points`.
            n: how many.
            shape: of a sample.
            levels: the least and the largest σ, above 0.
            seed: of all noise.

        Raises:
            MatchZooError: the levels are not in this order, or not above 0.
        """
        if not 0 < levels[0] <= levels[1] < math.inf:
            raise MatchZooError(f"sampler: expected levels (least, largest) above 0, got {levels}")
        return self.sample(denoise, noise_of(draw_seeds(n, Step(0, seed).rng("sampler")), shape), levels)


def draw_seeds(n: int, rng: torch.Generator | None = None) -> torch.Tensor:
    """Seeds [n] int64 of samples; ``rng`` is on the CPU, torch's own where none is given."""
    return torch.randint(2**62, (n,), generator=rng)
