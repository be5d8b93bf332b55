"""Unconstrained least-squares importance fitting (uLSIF)."""

from typing import ClassVar

import attrs

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.numerics.bandwidths import Bandwidth, check_bandwidths
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import CANDIDATES
from matchzoo.ratios.least_squares import RIDGES, fit_least_squares
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator


@declare("ulsif")
class ULSIF(RatioEstimator):
    """r(x) = Σ θ_l k(x, c_l) over centers among the numerator's samples, of least squared error: `coefficients`.

    Where several bandwidths or ridges are given, those of least `leave_one_out` score are used.

    Source: Kanamori, Hido and Sugiyama, A least-squares approach to direct importance estimation, JMLR 2009.
    """

    uses_sample_weights: ClassVar[bool] = True
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
    """Set negative coefficients to 0, as the paper does: the ratio is then nowhere negative."""

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio, everywhere."""
        return fit_least_squares(
            numerator,
            denominator,
            step,
            self.bandwidths,
            self.ridges,
            self.centers,
            self.clip,
            refine=self.refine,
        )
