"""Matching by statistics: most of the field, by composition."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.distance import Distance
from matchzoo.matchers.matcher import ENVIRONMENTS, Matcher
from matchzoo.matchers.reduction import Reduction, ToMean, ToReference
from matchzoo.matchers.statistics.around_statistic import AroundStatistic
from matchzoo.matchers.statistics.statistic import Statistic


@declare("statistic")
class StatisticMatcher(AroundStatistic, Matcher):
    """A statistic of every set, a distance between statistics, and a reduction over the sets.

    Linear gradient matching is the head gradient under one cosine to the reference; V-REx the risk of environments,
    squared, to their mean; Barlow Twins the cross-correlation of two views, squared, to the identity.

    Examples:
        >>> matcher = StatisticMatcher(statistic=HeadGradient(), distance=Cosine())
        >>> matcher(Samples(features, labels), Samples(synthetic, its_labels))  # a scalar
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    statistic: Statistic
    """What of each set is compared."""
    distance: Distance
    """How far two statistics are from each other."""
    reduction: Reduction = attrs.Factory(ToReference)
    """Which statistics are compared."""

    def __attrs_post_init__(self) -> None:
        least = self.reduction.least
        if self.statistic.is_joint and least > 1:
            message = 'the statistic is one of all sets together; use reduction = { kind = "to-constant", … }'
            raise DeclarationError([("reduction", message)])
        if isinstance(self.sets, tuple) and not self.statistic.is_joint and len(self.sets) < least:
            raise DeclarationError([("sets", f"expected at least {least} sets, got {len(self.sets)}")])

    def build(self, spec: Spec) -> None:
        """Build the statistic."""
        environments = len(spec.group_names)
        count = len(self.names(environments)) if self.sets != ENVIRONMENTS or environments else 0
        self.statistic.build(attrs.evolve(spec, sets=count))

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The reduced distance."""
        statistics = self.statistic.measure_all(sets, step)
        dtype = statistics[-1].dtype
        center = self.statistic.center(sets) if isinstance(self.reduction, ToMean) else None
        return Discrepancy(self.reduction.reduce([own.to(dtype) for own in statistics], self.distance, center))
