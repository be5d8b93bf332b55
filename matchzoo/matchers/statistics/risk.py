"""The mean loss of a set."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.numerics.losses import soft_cross_entropy
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.statistic import Statistic


def check_scores(spec: Spec, name: str) -> None:
    """Raise, in the name of a term, unless a space has a feature for every class."""
    if spec.classes is None:
        raise DeclarationError([("data", f"a {name} needs data with labels")])
    if spec.features != spec.classes:
        path = f"{spec.space}.features"
        message = f"class scores are {spec.classes} features, got {spec.features}; set {path} = {spec.classes}"
        raise DeclarationError([(path, message)])


@declare("risk")
class Risk(Statistic):
    """Mean cross-entropy [1] of features that are class scores; the variance over environments is the penalty of V-REx.

    Source: Krueger et al., Out-of-distribution generalization via risk extrapolation, ICML 2021.
    """

    def build(self, spec: Spec) -> None:
        """Raises unless the space has a feature for every class."""
        check_scores(spec, "risk")

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The risk [1]; raises for a set without labels."""
        if samples.labels is None:
            raise DeclarationError([("statistic", "a risk needs labels, and this set has none")])
        return soft_cross_entropy(samples.values, samples.labels, 1.0, samples.weights)[None]
