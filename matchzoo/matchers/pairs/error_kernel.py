"""The question of an error kernel: how much does the error of a denoised sample count?"""

from abc import ABC, abstractmethod

import attrs
import torch

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.schedule import Schedule, scheduled, value_at


def proximal_error(residual: torch.Tensor, gamma: float) -> torch.Tensor:
    """1 − exp(−|r|² / γ²) [n] of residuals r [n, …], with the norm over the whole sample; the least mean, as γ → 0, is
    that of the mode of x given y.

    Source: Fang et al., What's in a prior? Learned proximal networks for inverse problems, ICLR 2024, equation 3.2.
    """
    return -torch.expm1(-residual.flatten(1).square().sum(1) / gamma**2)


@family("error kernel")
class ErrorKernel(ABC):
    """What a denoising term makes of residuals r = D(y, σ) − x. It decides what of the distribution of x given y is
    learned: the mean, the median or the mode."""

    @abstractmethod
    def errors(self, residual: torch.Tensor, sigma: torch.Tensor, number: int = 0) -> torch.Tensor:
        """The errors [n] of residuals [n, …].

        Args:
            residual: D(y, σ) − x.
            sigma: of the noise, [n].
            number: of the step, for schedules.
        """


@declare("squared")
class SquaredError(ErrorKernel):
    """The mean of r² over the numbers of a sample, divided by σ to some power: its least mean is where D is the mean of
    x given y, that is, where (D − y) / σ² is the score.

    Source: Vincent, A connection between score matching and denoising autoencoders, Neural Computation 2011.
    """

    power: float = attrs.field(default=0.0, validator=at_least(0))
    """p of r² / σ^p: 0 for the error of the denoised sample, 4 for that of the score, 2 for Song and Ermon's choice in
    between, under which all σ count about alike."""

    def errors(self, residual: torch.Tensor, sigma: torch.Tensor, number: int = 0) -> torch.Tensor:
        """Mean of r², over σ^p [n]."""
        squares = residual.square().flatten(1).mean(1)
        return squares / sigma.to(squares) ** self.power if self.power else squares


@declare("absolute")
class AbsoluteError(ErrorKernel):
    """The mean of |r| over the numbers of a sample: the least mean is where D is the median of each number given y."""

    def errors(self, residual: torch.Tensor, sigma: torch.Tensor, number: int = 0) -> torch.Tensor:
        """Mean of |r| [n]."""
        return residual.abs().flatten(1).mean(1)


@declare("proximal")
class ProximalError(ErrorKernel):
    """1 − exp(−|r|² / γ²): proximal matching. For a small γ, D becomes the mode of x given y, the proximal operator of
    −σ² log p. Where all |r| are far above γ there is no gradient: absolute errors come first (``warm_up``), then a γ
    that falls.

    Source: Fang et al., What's in a prior? Learned proximal networks for inverse problems, ICLR 2024.
    """

    gamma: float | Schedule = attrs.field(validator=scheduled(positive()))
    """γ: the length of a residual that counts; a number, or a schedule of the step."""
    warm_up: int = attrs.field(default=0, validator=at_least(0))
    """Steps, at first, of `AbsoluteError` in place of it."""

    def errors(self, residual: torch.Tensor, sigma: torch.Tensor, number: int = 0) -> torch.Tensor:
        """`proximal_error` [n] for the step's γ; the mean of |r| [n] in the warm-up."""
        if self.warm_up and number <= self.warm_up:
            return AbsoluteError().errors(residual, sigma)
        return proximal_error(residual, value_at(self.gamma, number))
