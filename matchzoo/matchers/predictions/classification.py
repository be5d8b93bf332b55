"""How well a classifier that is a projector does on one of the sets."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.numerics.losses import soft_cross_entropy
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.statistics.risk import check_scores


@declare("classification")
class Classification(Matcher):
    """Mean cross-entropy of features that are class scores; of several sets, the mean of their losses or the largest.

    A player that moves the projector trains it: on ``real`` samples, which is the default, on ``environments``
    (empirical risk minimization, or with ``over = "worst"`` distributionally robust optimization of groups), or on
    ``synthetic`` ones, which is the inner loop of dataset condensation.

    Examples:
        >>> Classification()(Samples(scores, labels))  # [n, c] and [n]; a scalar

    Source: of ``worst``, Sagawa et al., Distributionally robust neural networks for group shifts, ICLR 2020, equation
    4, without the running weights of its algorithm 1.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    over: Literal["mean", "worst"] = "mean"
    """Of several sets: the mean of their losses, or the loss of the set where it is largest."""

    def build(self, spec: Spec) -> None:
        """Raises unless the space has a feature for every class."""
        check_scores(spec, "classification")

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each sample's cross-entropy."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean, or the largest, of the cross-entropies of the sets; raises for a set without labels."""
        losses = []
        for samples in sets:
            if samples.labels is None:
                raise DeclarationError([("matcher", "a classification needs labels, and a set has none")])
            losses.append(soft_cross_entropy(samples.values, samples.labels, 1.0, samples.weights))
        if len(losses) == 1:
            return Discrepancy(losses[0])
        stacked = torch.stack(losses)
        return Discrepancy(stacked.amax() if self.over == "worst" else stacked.mean())
