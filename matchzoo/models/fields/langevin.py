"""Samplers that climb the score with noise: annealed Langevin dynamics, and the ascent that needs no level of noise."""

from collections.abc import Iterator

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.models.fields.path import over_rows
from matchzoo.models.fields.sampler import Denoise, Noise, Sampler, noise_levels


@declare("annealed-langevin")
class AnnealedLangevin(Sampler):
    """x ← x + α/2 ∇ log p_σ(x) + √α ξ, so many times at every σ, from the largest to the least in geometric steps, with
    α = ``step`` · σ².

    That is Song and Ermon's α = ε σ² / σ_least² with ε = ``step`` · σ_least²; theirs is 2e-5 at σ_least = 0.01, which
    is 0.2. They leave out the last denoising, which their second paper adds.

    Source: Song and Ermon, Generative modeling by estimating gradients of the data distribution, NeurIPS 2019,
    algorithm 1; Song and Ermon, Improved techniques for training score-based generative models, NeurIPS 2020.
    """

    levels: int = attrs.field(default=10, validator=at_least(1))
    """Different σ."""
    steps: int = attrs.field(default=100, validator=at_least(1))
    """At each of them."""
    step: float = attrs.field(default=0.2, validator=positive())
    """α / σ²."""

    def points(self, denoise: Denoise, noise: Noise, levels: tuple[float, float]) -> Iterator[torch.Tensor]:
        """The points [n, …] at the start and after every step, `levels` · `steps` of them."""
        x, number = levels[1] * noise(0), 0
        yield x
        for sigma in noise_levels(*levels, self.levels):
            for _ in range(self.steps):
                number += 1
                towards = denoise(x, x.new_tensor(sigma)) - x  # σ² times the score
                x = x + self.step / 2 * towards + self.step**0.5 * sigma * noise(number)
                yield x


@declare("coarse-to-fine")
class CoarseToFine(Sampler):
    """Stochastic ascent with a denoiser that need not know σ: the length of its own correction says how much noise is
    left, x ← x + h (D(x) − x) + γ ξ with σ² = |D(x) − x|² / d and γ² = ((1 − β h)² − (1 − h)²) σ².

    Steps grow, h = h₀ t / (1 + h₀ (t − 1)). Each sample stops where its σ is the least one.

    Source: Kadkhodaie and Simoncelli, Stochastic solutions for linear inverse problems using the prior implicit in a
    denoiser, NeurIPS 2021, algorithm 1.
    """

    step: float = attrs.field(default=0.01, validator=[positive(), between(0, 1)])
    """h₀."""
    share: float = attrs.field(default=0.01, validator=[positive(), between(0, 1)])
    """β: 1 for an ascent without noise; the smaller, the more noise and the slower."""
    most: int = attrs.field(default=2000, validator=at_least(1))
    """Steps, at most."""

    def points(self, denoise: Denoise, noise: Noise, levels: tuple[float, float]) -> Iterator[torch.Tensor]:
        """The points [n, …] at the start and after every step; those that have arrived stay."""
        least, largest = levels
        x = largest * noise(0)
        sigma = x.new_full((len(x),), largest)
        going = torch.ones_like(sigma, dtype=torch.bool)
        yield x
        for number in range(1, self.most + 1):
            towards = denoise(x, sigma.clamp(least, largest)) - x
            sigma = towards.detach().flatten(1).square().mean(1).sqrt()
            going = going & (sigma > least)
            if not bool(going.any()):
                return
            length = self.step * number / (1 + self.step * (number - 1))
            amplitude = ((1 - self.share * length) ** 2 - (1 - length) ** 2) ** 0.5 * sigma
            moved = x + length * towards + over_rows(amplitude, x) * noise(number)
            x = torch.where(over_rows(going.to(x), x) > 0, moved, x)
            yield x
