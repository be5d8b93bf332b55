"""The sliced Wasserstein distance."""

from collections.abc import Sequence

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.models.transport import random_directions, sliced_cost


@declare("sliced-wasserstein")
class SlicedWasserstein(Matcher):
    """`matchzoo.models.transport.sliced_cost`, W_p^p of projections on random lines, which are resampled in each step.

    Exact and in time n log n for each line, without an extra; of sets that differ in a few of many dimensions most
    lines see little.

    Examples:
        >>> SlicedWasserstein(projections=100)(torch.randn(64, 2), torch.randn(80, 2) + 1)  # a scalar

    Source: Bonneel et al., Sliced and Radon Wasserstein barycenters of measures, JMIV 2015.
    """

    projections: int = attrs.field(default=50, validator=at_least(1))
    """How many lines."""
    power: float = attrs.field(default=2.0, validator=at_least(1))
    """p."""

    @property
    def uses_sample_weights(self) -> bool:
        """Always."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean over lines of the step."""
        x, y = (samples.values.flatten(1) for samples in sets)
        directions = random_directions(self.projections, x.shape[1], step.rng("projections")).to(x.device)
        return Discrepancy(sliced_cost(x, y, directions, sets[0].weights, sets[1].weights, self.power))
