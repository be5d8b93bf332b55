"""A discrepancy of every group by itself: conditional matching."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import AroundMatcher, Matcher


@declare("per-group")
class PerGroup(AroundMatcher, Matcher):
    """The mean of another term over the groups that every set has samples of: distributions are matched given an
    auxiliary variable, which tells apart maps that match them as a whole.

    Examples:
        >>> PerGroup(matcher=MMD(bandwidths=[1.0]))(as_samples(x, labels), as_samples(y, other_labels))

    Source: Shrestha and Fu, Towards identifiable unsupervised domain translation: a diversified distribution matching
    approach, ICLR 2024, equation 5. Their code sums adversarial terms over samples where the cycle is a mean; here all
    is a mean.
    """

    arity: ClassVar[tuple[int, int | None]] = (2, None)
    matcher: Matcher
    """Of the samples of one group."""
    by: Literal["labels", "group"] = "labels"
    """What the groups are: classes, or the environments and subgroups of the data."""
    merge: Several[int] = attrs.field(default=(), validator=at_least(0))
    """The group of each class (or subgroup), in order: ``[0, 0, 1, 1]`` makes two of four. Each its own by default."""

    def build(self, spec: Spec) -> None:
        """Build the term; raises where there are no groups, or another number of them."""
        names = spec.class_names if self.by == "labels" else spec.group_names
        if not names:
            what = "classes" if self.by == "labels" else "groups"
            raise DeclarationError([("by", f"the data have no {what}")])
        if self.merge and len(self.merge) != len(names):
            raise DeclarationError([("merge", f"expected a group of each of {len(names)}, got {len(self.merge)}")])
        self.matcher.build(spec)

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean over groups; raises where no group has samples of every set."""
        members = [self.groups(samples) for samples in sets]
        shared = sorted(set.intersection(*(set(groups.tolist()) for groups in members)))
        if not shared:
            message = "no group has samples of every set in this update; draw more of them"
            raise DeclarationError([("matcher", message)])
        values = []
        for group in shared:
            rows = [(groups == group).nonzero().flatten() for groups in members]
            subsets = [samples.rows(own) for samples, own in zip(sets, rows, strict=True)]
            values.append(self.matcher.discrepancy(subsets, step).value)
        return Discrepancy(torch.stack(values).mean())

    def groups(self, samples: Samples) -> torch.Tensor:
        """The group of every sample, [n] int64."""
        given = samples.labels if self.by == "labels" else samples.group
        if given is None:
            raise DeclarationError([("by", f"a set of this term has no {self.by}")])
        indices = class_indices(given)
        return torch.tensor(self.merge, device=indices.device)[indices] if self.merge else indices
