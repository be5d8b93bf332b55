"""Covariance and standard deviations of features: what VICReg and whitening hold at constants."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.statistic import Statistic


def mean_and_covariance(
    features: torch.Tensor, sample_weights: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean [d] of features [n, d] beside their `covariance` [d, d].

    Raises:
        DeclarationError: a covariance needs two samples of positive weight.
    """
    center, deviations, shares, spread = _centered(features, sample_weights)
    return center, (deviations * shares[:, None]).T @ deviations / spread


def _centered(
    features: torch.Tensor, sample_weights: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The mean [d], deviations [n, d], shares v of the weights [n], and 1 − Σ v² []."""
    count = len(features)
    if sample_weights is None:
        shares = features.new_full((count,), 1 / count)
    else:
        shares = (sample_weights / sample_weights.sum()).to(features)
    spread = 1 - shares.square().sum()
    if count < 2 or (features.device.type == "cpu" and float(spread) <= 0):
        raise DeclarationError(
            [("statistic", f"a covariance needs at least 2 samples of positive weight, got {count}")]
        )
    center = shares @ features
    return center, features - center, shares, spread


def covariance(features: torch.Tensor, sample_weights: torch.Tensor | None = None) -> torch.Tensor:
    """C = Σ v (z − μ)(z − μ)ᵀ / (1 − Σ v²), with shares v of the weights; Σ (z − μ)(z − μ)ᵀ / (n − 1) for equal ones.

    Args:
        features: [n, d], n ≥ 2.
        sample_weights: [n] non-negative; None for equal ones.

    Returns:
        [d, d]; differentiable in the features.

    Raises:
        DeclarationError: fewer than two samples have a positive weight.
    """
    return mean_and_covariance(features, sample_weights)[1]


def standard_deviations(
    features: torch.Tensor, sample_weights: torch.Tensor | None = None, eps: float = 1e-4
) -> torch.Tensor:
    """√(C_jj + eps) of every feature, [n, d] → [d], C as in `covariance`; ``eps`` keeps the gradient finite at 0."""
    _, deviations, shares, spread = _centered(features, sample_weights)
    return (shares @ deviations.square() / spread + eps).sqrt()


@declare("covariance")
class Covariance(Statistic):
    """`covariance` of a set. Under ``squared`` to the identity it whitens; to zero with ``diagonal = 0`` it
    decorrelates features, the third term of VICReg (``standard-deviations`` has the second).

    Source: Bardes et al., VICReg, ICLR 2022, equations 3 and 4, where the sum is divided by d (a factor of the weight
    here); Ermolov et al., Whitening for self-supervised representation learning, ICML 2021.
    """

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """[d, d]; labels are not looked at."""
        return covariance(samples.values, samples.weights)


@declare("standard-deviations")
class StandardDeviations(Statistic):
    """`standard_deviations` of a set. Under ``hinge`` to the constant one it keeps features from collapsing.

    Source: Bardes et al., VICReg, ICLR 2022, equations 1 and 2, as a sum over features where theirs is the mean.
    """

    eps: float = attrs.field(default=1e-4, validator=at_least(0))
    """Added to variances, so that the gradient is finite where a feature is constant."""

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """[d]; labels are not looked at."""
        return standard_deviations(samples.values, samples.weights, self.eps)
