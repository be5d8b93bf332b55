"""The ratio of two kernel density estimates."""

import math
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, check_bandwidths
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import resolve
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import BLOCK, REFINEMENTS, fits, narrowed
from matchzoo.ratios.plug_in.gaussian_ratio import of_logs
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.ratios.solving.weighting import Shares, mean

NARROW: tuple[Bandwidth, ...] = ("0.05*median", "0.1*median", "0.2*median", "0.35*median", "0.6*median")
"""Bandwidths to choose from; a density is estimated with narrower kernels than a ratio."""


def kernel_log_density(
    x: torch.Tensor, samples: torch.Tensor, bandwidth: float, within: bool = False, shares: Shares = None
) -> torch.Tensor:
    """Log of the mean of Gaussians of standard deviation s around samples, at points.

    Args:
        x: [k, d].
        samples: [n, d].
        bandwidth: s > 0.
        within: the points are the samples, and each is left out of the density at itself.
        shares: of the samples in the mean, [n] of a sum of 1; equal ones if None.

    Returns:
        [k], differentiable; made of tiles of `BLOCK` where no gradient passes.
    """
    moved = torch.is_grad_enabled() and (x.requires_grad or samples.requires_grad)
    heights = None if shares is None else double(shares).log()
    side = max(len(x), len(samples)) if moved else BLOCK
    logs = []
    for start, rows in zip(range(0, len(x), side), x.split(side), strict=True):
        parts = []
        for other, columns in zip(range(0, len(samples), side), samples.split(side), strict=True):
            exponents = squared_distances(rows, columns) * (-0.5 / bandwidth / bandwidth)
            if heights is not None:
                exponents = exponents + heights[other : other + side]
            if within and start == other:
                mask = torch.eye(len(rows), dtype=torch.bool, device=x.device)
                exponents = exponents.masked_fill(mask, -torch.inf)
            parts.append(exponents.logsumexp(1))
        logs.append(torch.stack(parts).logsumexp(0))
    constant = x.shape[1] * math.log(bandwidth * math.sqrt(2 * math.pi))
    if shares is None:
        return torch.cat(logs) - math.log(len(samples) - int(within)) - constant
    density = torch.cat(logs) - constant
    return density - torch.log1p(-double(shares)) if within else density


@declare("kernel-density")
class KernelDensityRatio(RatioEstimator):
    """The ratio of two densities, each estimated by Gaussian kernels around all its samples (plug-in).

    Bandwidths are those of most leave-one-out likelihood of their own set. A density is harder to estimate than a
    ratio: in more than a few dimensions the other methods are better. Far from both sets the ratio is held within
    e^±40. Weights of samples are the heights of their kernels, and count in the likelihood.

    Source: Sugiyama, Suzuki and Kanamori, Density ratio estimation in machine learning, 2012, chapter 2.
    """

    uses_sample_weights: ClassVar[bool] = True
    numerator_bandwidths: Several[Bandwidth] = attrs.field(default=NARROW, validator=check_bandwidths)
    """Standard deviations of the numerator's kernels to choose from: numbers, or multiples of the median distance of
    both sets pooled."""
    denominator_bandwidths: Several[Bandwidth] = attrs.field(default=NARROW, validator=check_bandwidths)
    """The same of the denominator's kernels."""
    refine: bool | None = None
    """Whether to look for better bandwidths between the neighbors of the best, by golden sections; if not given, where
    the bandwidths are the default ones."""

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio, everywhere."""
        p, q = (double(samples.values.flatten(1)) for samples in (numerator, denominator))
        shares = [None if w is None else w.detach() for w in (numerator.weights, denominator.weights)]
        given = [self.numerator_bandwidths, self.denominator_bandwidths]
        widths = [resolve(candidates, numerator, denominator) for candidates in given]
        if any(len(some) > 1 and len(x) < 2 for some, x in zip(widths, (p, q), strict=True)):
            raise MatchZooError(
                "kernel density: leaving one out needs at least 2 samples of each set; give one bandwidth"
            )
        s, t = (
            self._chosen(x.detach(), w, some, candidates == NARROW if self.refine is None else self.refine)
            for x, w, some, candidates in zip((p, q), shares, widths, given, strict=True)
        )

        def log_ratio(x: torch.Tensor) -> torch.Tensor:
            points = double(x.flatten(1))
            of_p = kernel_log_density(points, p, s, shares=numerator.weights)
            return (of_p - kernel_log_density(points, q, t, shares=denominator.weights)).to(x)

        return of_logs(log_ratio, numerator, denominator, {"numerator_bandwidth": s, "denominator_bandwidth": t})

    def _chosen(self, points: torch.Tensor, shares: Shares, widths: list[float], refine: bool) -> float:
        """The bandwidth of most leave-one-out likelihood."""
        if len(widths) == 1:
            return widths[0]
        refinements = REFINEMENTS if refine else 0
        with fits("kernel density", len(widths) + refinements) as progress:

            def loss(s: float) -> float:
                value = -mean(kernel_log_density(points, points, s, True, shares), shares).item()
                progress.update()
                return value

            return narrowed({s: loss(s) for s in widths}, loss, refinements)
