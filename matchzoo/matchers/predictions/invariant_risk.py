"""The penalty of invariant risk minimization."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.statistics.gradients.head_curvature import scale_gradient
from matchzoo.matchers.statistics.risk import check_scores


@declare("invariant-risk")
class InvariantRisk(Matcher):
    """Mean over sets of the squared derivative of their cross-entropy with respect to a factor of all scores, at 1
    (`scale_gradient`): the penalty of IRM, for features that are class scores.

    Examples:
        >>> InvariantRisk()(Samples(scores, labels), Samples(others, their_labels))  # [n, c] and [n]; a scalar

    Source: Arjovsky et al., Invariant risk minimization, 2019, IRMv1; its code squares, DomainBed's takes halves.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    estimator: Literal["squared", "halves"] = "squared"
    """The square of one derivative, which the variance of a batch raises; or the product of those of the even and of
    the odd rows, without bias, and below 0 by chance."""

    def build(self, spec: Spec) -> None:
        """Raises unless the space has a feature for every class."""
        check_scores(spec, "invariant risk")

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each sample's cross-entropy."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean over the sets; raises for a set without labels, or of a single row for ``halves``."""
        return Discrepancy(torch.stack([self._penalty(samples) for samples in sets]).mean())

    def _penalty(self, samples: Samples) -> torch.Tensor:
        if samples.labels is None:
            raise DeclarationError([("matcher", "an invariant risk needs labels, and a set has none")])
        if self.estimator == "squared":
            return _derivative(samples, slice(None)).square()
        if len(samples) < 2:
            raise DeclarationError([("matcher.estimator", "'halves' needs at least 2 samples of every set, got 1")])
        return _derivative(samples, slice(0, None, 2)) * _derivative(samples, slice(1, None, 2))


def _derivative(samples: Samples, rows: slice) -> torch.Tensor:
    assert samples.labels is not None  # as was checked
    weights = None if samples.weights is None else samples.weights[rows]
    return scale_gradient(samples.values[rows], samples.labels[rows], weights)
