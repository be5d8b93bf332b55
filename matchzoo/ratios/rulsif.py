"""Relative unconstrained least-squares importance fitting (RuLSIF)."""

from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, between, not_empty, positive
from matchzoo.core.numerics.bandwidths import Bandwidth, check_bandwidths
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import CANDIDATES
from matchzoo.ratios.least_squares import RIDGES, fit_least_squares
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator


@declare("rulsif")
class RuLSIF(RatioEstimator):
    """The relative density ratio p / (αp + (1 − α)q), which is at most 1/α: smoother than p/q, and another number.

    Fitted as `ULSIF` is. A divergence read off it is that of p from the mixture αp + (1 − α)q.

    Source: Yamada et al., Relative density-ratio estimation for robust distribution comparison, NeurIPS 2011.
    """

    uses_sample_weights: ClassVar[bool] = True
    relative: float = attrs.field(default=0.1, validator=between(0, 1))
    """α in [0, 1]; 0 gives p/q, and 1 compares p with itself: the ratio is 1, and nothing is fitted."""
    bandwidths: Several[Bandwidth] = attrs.field(default=CANDIDATES, validator=check_bandwidths)
    """Standard deviations of the Gaussian kernel to choose from: numbers, or multiples of the median distance."""
    ridges: Several[float] = attrs.field(default=RIDGES, validator=[positive(), not_empty()])
    """Penalties of the squared coefficients to choose from."""
    refine: bool | None = None
    """Whether to look for a better bandwidth and ridge between the neighbors of the best, by golden sections; if not
    given, where both are the default ones."""
    centers: int = attrs.field(default=100, validator=at_least(1))
    """Kernels at most; where the numerator has more samples, that many are drawn."""
    clip: bool = True
    """Set negative coefficients to 0: the ratio is then nowhere negative."""

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The relative ratio, everywhere; without a fit where it is that of p to itself."""
        if self.relative == 1:
            return Ratio(
                denominator=_one(denominator.values),
                relative=1.0,
                numerator=lambda: _one(numerator.values),
                function=_one,
            )
        return fit_least_squares(
            numerator,
            denominator,
            step,
            self.bandwidths,
            self.ridges,
            self.centers,
            self.clip,
            self.relative,
            self.refine,
        )


def _one(x: torch.Tensor) -> torch.Tensor:
    """1 at each of some points [k, …], with a gradient of 0."""
    return 1 + 0 * x.flatten(1)[:, 0]
