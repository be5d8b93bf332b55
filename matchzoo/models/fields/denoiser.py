"""The question of a denoiser: what lies behind noisy points?"""

import math
from abc import ABC, abstractmethod

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.fields.path import over_rows


class Denoiser(ABC):
    """What guesses x from y = x + σ ξ with ξ from N(0, I): the mean of x given y, another statistic of it, or a
    proximal operator, as the loss says that it was trained with.

    `matchzoo.matchers.Denoising` trains whatever generator is one.
    """

    @abstractmethod
    def denoise(self, points: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """D(y, σ), of the points' shape, at noisy points [n, …] and standard deviations of their noise [n] or [].

        Points may be flattened. A blind denoiser leaves σ out of account.
        """

    @property
    def noise_range(self) -> tuple[float, float]:
        """Least and largest σ that it is made for; 0 to infinity unless it says otherwise."""
        return 0.0, math.inf


def score_of(denoised: torch.Tensor, points: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
    """∇ log p_σ [n, …] at points y by their denoised E[x | y]: (E[x | y] − y) / σ² (Tweedie's formula).

    Args:
        denoised: [n, …].
        points: y [n, …].
        sigma: of the noise, [n], [] or a number above 0.

    Raises:
        MatchZooError: there is no noise.

    Source: Robbins, An empirical Bayes approach to statistics, 1956; Vincent, A connection between score matching and
    denoising autoencoders, Neural Computation 2011.
    """
    sigma = torch.as_tensor(sigma, dtype=points.dtype, device=points.device)
    if not bool((sigma > 0).all()):
        raise MatchZooError("score: the noise must have a standard deviation above 0")
    return (denoised - points) / over_rows(sigma, points).square()
