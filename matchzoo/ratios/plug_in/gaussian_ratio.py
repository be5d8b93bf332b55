"""The ratio of two fitted Gaussians."""

import math
from collections.abc import Callable
from typing import ClassVar, Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.ratios.solving.weighting import mean, pooled_shares, second_moment

LARGEST = 40.0
"""Of the logarithm of a plug-in ratio, so that the squares of ratios far from either set are numbers in float32."""


def gaussian_log_density(x: torch.Tensor, mean: torch.Tensor, covariance: torch.Tensor) -> torch.Tensor:
    """Log-density [k] of N(mean, covariance) at points [k, d], for a mean [d] and a positive definite [d, d].

    Raises:
        MatchZooError: the covariance is not positive definite to rounding.
    """
    factor, failed = torch.linalg.cholesky_ex(covariance)
    # On a GPU, to look at it would make the host wait; the trainer refuses what is not finite.
    if not covariance.is_cuda and failed:
        raise MatchZooError(
            "gaussian: the covariance has no inverse in float64 (all points coincide, or numbers are too large); raise "
            "the ridge, or scale the columns"
        )
    scaled = torch.linalg.solve_triangular(factor, (x - mean).mT, upper=False)
    constant = x.shape[1] * math.log(2 * math.pi) / 2 + factor.diagonal().log().sum()
    return -scaled.square().sum(0) / 2 - constant


@declare("gaussian")
class GaussianRatio(RatioEstimator):
    """The ratio of the densities of two Gaussians, each with the mean and the covariance of its samples (plug-in).

    In closed form, and right where both distributions are Gaussian; nothing else than that of two classes in quadratic
    discriminant analysis, and with ``shared`` covariance in linear discriminant analysis. A matrix ``ridge`` · v · I is
    added to the covariances, v being the mean variance of both sets pooled. Far from both sets the ratio is held within
    e^±40.

    Weights of samples count in means and covariances; pooled, a set counts by how many samples it has.

    Source: Sugiyama, Suzuki and Kanamori, Density ratio estimation in machine learning, 2012, chapter 2.
    """

    uses_sample_weights: ClassVar[bool] = True
    covariance: Literal["full", "diagonal", "shared"] = "full"
    """full, diagonal (columns are independent in either set), or shared (one full covariance, of both sets' deviations
    from their own means)."""
    ridge: float = attrs.field(default=1e-6, validator=positive())
    """Added to the variances, as a share of the mean variance of both sets."""

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio, everywhere."""
        p, q = (double(samples.values.flatten(1)) for samples in (numerator, denominator))
        sets = ((p, numerator.weights), (q, denominator.weights))
        shares = pooled_shares(numerator, denominator)
        pooled = torch.cat([p, q])
        if shares is None:
            variance = pooled.var(0, correction=0).mean()
        else:
            variance = mean((pooled - mean(pooled, shares)).square(), shares).mean()
        floor = self.ridge * variance.clamp_min(torch.finfo(variance.dtype).tiny ** 0.5)

        means, deviations = [mean(x, w) for x, w in sets], [x - mean(x, w) for x, w in sets]
        if self.covariance == "shared":
            covariances = [second_moment(torch.cat(deviations), shares)] * 2
        else:
            covariances = [second_moment(x, w) for x, (_, w) in zip(deviations, sets, strict=True)]
        if self.covariance == "diagonal":
            covariances = [matrix.diagonal().diag() for matrix in covariances]
        identity = torch.eye(p.shape[1], dtype=p.dtype, device=p.device)
        covariances = [matrix + floor * identity for matrix in covariances]

        def log_ratio(x: torch.Tensor) -> torch.Tensor:
            of_p, of_q = (
                gaussian_log_density(double(x.flatten(1)), mean, matrix)
                for mean, matrix in zip(means, covariances, strict=True)
            )
            return (of_p - of_q).to(x)

        return of_logs(log_ratio, numerator, denominator)


def of_logs(
    log_ratio: Callable[[torch.Tensor], torch.Tensor],
    numerator: Samples,
    denominator: Samples,
    chosen: dict[str, float] | None = None,
) -> Ratio:
    """A ratio by its logarithm [k] at points [k, …], which is held within `LARGEST` of 0."""

    def held(x: torch.Tensor) -> torch.Tensor:
        return log_ratio(x).clamp(-LARGEST, LARGEST)

    logs = held(numerator.values), held(denominator.values)
    return Ratio(
        denominator=logs[1].exp(),
        logs=logs,
        chosen=chosen or {},
        numerator=logs[0].exp,
        function=lambda x: held(x).exp(),
    )
