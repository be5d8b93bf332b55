"""Matching by statistics: most of the field, by composition."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step
from matchzoo.matchers.distance import Distance
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.reduction import Reduction, ToReference
from matchzoo.matchers.statistics.statistic import Statistic
from matchzoo.projectors.projector import Projector


@declare("statistic")
class StatisticMatcher(Matcher):
    """A statistic of every set, a distance between statistics, and a reduction over the sets.

    Linear gradient matching is the head gradient under one cosine to the reference.
    """

    weighs: ClassVar[bool] = True
    statistic: Statistic
    """What of each set is compared."""
    distance: Distance
    """How far two statistics are from each other."""
    reduction: Reduction = attrs.Factory(ToReference)
    """Which statistics are compared."""

    @property
    def takes_half(self) -> bool:
        """Where the statistic does."""
        return self.statistic.takes_half

    def build(self, facts: Facts) -> None:
        """Build the statistic."""
        self.statistic.build(facts)

    def connect(self, projectors: Mapping[str, Projector]) -> None:
        """Connect the statistic."""
        self.statistic.connect(projectors)

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """The reduced distance, a scalar."""
        found = [self.statistic.measure(samples, step) for samples in sets]
        return self.reduction.reduce([one.to(found[-1].dtype) for one in found], self.distance)
