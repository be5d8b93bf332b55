"""Samplers that reverse the diffusion of data: with noise in every step, or by the flow of the same probabilities."""

import itertools
import math
from collections.abc import Iterator
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.models.fields.ode_solver import FixedSteps, Heun, OdeSolver
from matchzoo.models.fields.sampler import Denoise, Noise, Sampler, noise_levels


@declare("reverse-diffusion")
class ReverseDiffusion(Sampler):
    """The diffusion that took data to noise, backwards, by the method of Euler and Maruyama between σ in geometric
    steps.

    Variance-exploding, dx = g dw with ∫ g² = σ²: x ← x + Δ ∇ log p_σ(x) + √Δ ξ, where Δ is by how much σ² falls.
    Variance-preserving, dx = −β/2 x dt + √β dw: a = 1 / √(1 + σ²) is what is left of the data, B = ∫ β is by how much
    log(1 + σ²) falls, and x ← x + B/2 x + B ∇ log p(x) + √B ξ; the samples are those x / a. Both integrals are exact,
    so that no rate in time is needed.

    Source: Song et al., Score-based generative modeling through stochastic differential equations, ICLR 2021,
    equation 6 and appendix E.
    """

    steps: int = attrs.field(default=100, validator=at_least(1))
    """Between the largest and the least σ."""
    process: Literal["variance-exploding", "variance-preserving"] = "variance-exploding"
    """Which diffusion."""

    def points(self, denoise: Denoise, noise: Noise, levels: tuple[float, float]) -> Iterator[torch.Tensor]:
        """The points [n, …] at the start and after every step, as noise on the data: x / a where a is not 1."""
        step = self._exploding if self.process == "variance-exploding" else self._preserving
        y = levels[1] * noise(0)
        yield y
        grid = noise_levels(*levels, self.steps + 1)
        for number, (before, after) in enumerate(itertools.pairwise(grid), start=1):
            y = step(y, denoise(y, y.new_tensor(before)), before, after, noise(number))
            yield y

    @staticmethod
    def _exploding(
        y: torch.Tensor, denoised: torch.Tensor, before: float, after: float, noise: torch.Tensor
    ) -> torch.Tensor:
        fall = before**2 - after**2
        return y + fall / before**2 * (denoised - y) + fall**0.5 * noise

    @staticmethod
    def _preserving(
        y: torch.Tensor, denoised: torch.Tensor, before: float, after: float, noise: torch.Tensor
    ) -> torch.Tensor:
        a, a_after = (1 / (1 + sigma**2) ** 0.5 for sigma in (before, after))
        fall = math.log1p(before**2) - math.log1p(after**2)
        x = a * y
        score = (a * denoised - x) / (a * before) ** 2
        return (x + fall / 2 * x + fall * score + fall**0.5 * noise) / a_after


@declare("probability-flow")
class ProbabilityFlow(Sampler):
    """dx / d log σ = x − E[x | y = x]: no noise but that of the start, and the same distribution at each σ as the
    diffusion has. Steps are equal in log σ.

    A variance-preserving diffusion has the same flow, of x / a.

    Source: Song et al., Score-based generative modeling through stochastic differential equations, ICLR 2021, equation
    13; Karras et al., Elucidating the design space of diffusion-based generative models, NeurIPS 2022, equation 1.
    """

    solver: OdeSolver = attrs.Factory(lambda: Heun(steps=20))
    """Of the flow."""

    def points(self, denoise: Denoise, noise: Noise, levels: tuple[float, float]) -> Iterator[torch.Tensor]:
        """The points [n, …] at the start and after every step; of an adaptive solver at the start and the end."""

        def field(x: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
            return x - denoise(x, exponent.exp())

        start, (end, first) = levels[1] * noise(0), map(math.log, levels)
        if isinstance(self.solver, FixedSteps):
            yield from self.solver.trajectory(field, start, first, end)
        else:
            yield start
            yield self.solver.solve(field, start, first, end)
