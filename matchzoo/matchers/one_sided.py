"""The one-sided constraint of MMD-GAN on the means of the features."""

from collections.abc import Sequence

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher


@declare("one-sided")
class OneSided(Matcher):
    """−mean over features of max(0, mean of the synthetic − mean of the real feature), a scalar ≤ 0.

    Critic and generator both have it in their objective, with a weight of 16 in the released code; it keeps the means
    in order, so that the critic's features do not oscillate.

    Examples:
        >>> OneSided()(features_of_real, features_of_synthetic)  # [n, d] and [m, d]; a scalar

    Source: Li et al., MMD GAN, NeurIPS 2017, section 3.3 (as a hinge over features in the released code).
    """

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The constraint's value, a scalar."""
        real, synthetic = (unweighted(samples, "one-sided") for samples in sets)
        return Discrepancy(-(synthetic.values.mean(0) - real.values.mean(0)).relu().mean())
