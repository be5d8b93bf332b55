"""Mean and covariance of features: the statistic of correlation alignment."""

import math

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.covariance import mean_and_covariance
from matchzoo.matchers.statistics.statistic import Statistic


def moments(features: torch.Tensor, sample_weights: torch.Tensor | None = None, *, mean: bool = True) -> torch.Tensor:
    """Mean μ and covariance C of features as rows of one matrix, scaled so that a squared distance is a mean over the
    entries of each: ‖Δ‖² = |Δμ|² / d + ‖ΔC‖² / d².

    Args:
        features: [n, d], n ≥ 2.
        sample_weights: [n] non-negative; None for equal ones. C = Σ v (z − μ)(z − μ)ᵀ / (1 − Σ v²), Σ v = 1, which is
            1 / (n − 1) for equal weights.
        mean: the first row is μ; without it there are the rows of C only.

    Returns:
        [d + 1, d], or [d, d].

    Raises:
        DeclarationError: a covariance needs two samples of positive weight.

    Source: Sun and Saenko, Deep CORAL, ECCV 2016 workshops, whose loss is ‖ΔC‖² / (4 d²), a quarter of that without
    means; with means as in DomainBed (Gulrajani and Lopez-Paz, ICLR 2021).
    """
    d = features.shape[1]
    center, products = mean_and_covariance(features, sample_weights)
    return torch.cat([center[None] / math.sqrt(d), products / d]) if mean else products / d


@declare("moments")
class Moments(Statistic):
    """`moments` of a set. Under ``squared`` and ``pairwise`` over environments it is CORAL's penalty."""

    mean: bool = True
    """Whether the mean is part of it."""

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """[d + 1, d], or [d, d] without the mean; labels are not looked at."""
        return moments(samples.values, samples.weights, mean=self.mean)
