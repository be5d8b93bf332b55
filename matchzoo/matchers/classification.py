"""How well a classifier that is a projector does on one of the sets."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch

from matchzoo.core.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.numerics.losses import soft_cross_entropy
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step
from matchzoo.matchers.matcher import Matcher


@declare("classification")
class Classification(Matcher):
    """Mean cross-entropy of features that are class scores, on the synthetic or on the real samples.

    A player that moves the projector trains it on that set: the inner loop of dataset condensation is
    ``side = "synthetic"``, some turns a step.
    """

    weighs: ClassVar[bool] = True
    side: Literal["synthetic", "real"]
    """On which samples; for ``synthetic`` no real ones are drawn."""

    @property
    def online(self) -> bool:
        """Only where the loss is on real samples."""
        return self.side == "real" and self.reference.views is None

    def build(self, facts: Facts) -> None:
        """Raises unless the space has a feature for every class."""
        if facts.classes is None:
            raise DeclarationError([("data", "a classification needs data with labels")])
        if facts.features != facts.classes:
            path = f"{facts.space}.features"
            message = f"class scores are {facts.classes} features, got {facts.features}; set {path} = {facts.classes}"
            raise DeclarationError([(path, message)])

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """The cross-entropy, a scalar; raises for a set without labels."""
        samples = sets[1] if self.side == "synthetic" else sets[0]
        if samples.labels is None:
            raise DeclarationError(
                [("matcher", f"a classification needs labels, and the {self.side} samples have none")]
            )
        return soft_cross_entropy(samples.values, samples.labels, 1.0, samples.weights)
