"""The flow from every class to the others: the statistic of statistical flow matching (SFM)."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.class_means import class_means, classes_of, means_of, other_means
from matchzoo.matchers.statistics.statistic import Statistic


def statistical_flow(
    features: torch.Tensor, labels: torch.Tensor, classes: int, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """From the center of every class to the mean of the others' centers: f_c = Σ_{k ≠ c} μ_k / (C − 1) − μ_c.

    It equals C / (C − 1) · (μ̄ − μ_c), so one cosine over all flows is one over the class means less their mean. It does
    not change if all features are moved alike, and is divided by the number of classes less one for any number of
    images (the released code divides by the number of images less one).

    Args:
        features: Z, [n, d].
        labels: class indices [n], or probabilities [n, c].
        classes: C ≥ 2.
        weights: [n] non-negative; None for equal ones.

    Returns:
        [c, d], differentiable.

    Raises:
        MatchZooError: a class has no sample, as in `class_means`.

    Source: arXiv 2602.05391.
    """
    centers = class_means(features, labels, classes, weights)
    return other_means(centers) - centers


@declare("statistical-flow")
class StatisticalFlow(Statistic):
    """`statistical_flow` of a set, compared by one cosine over all flows (distance ``cosine``).

    Every set must have a sample of every class: store the real side, or draw a balanced batch of at least as many
    views as there are classes. A class that one set lacks cannot be left out, for the other set does not know of it.

    Source: arXiv 2602.05391 (SFM).
    """

    @property
    def supports_float16(self) -> bool:
        """Yes: centers are taken block by block."""
        return True

    def build(self, spec: Spec) -> None:
        """Take the number of classes; raises for fewer than two."""
        self.classes = classes_of(spec, "statistical-flow")

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The flows [c, d]; raises for a set without labels or, on a CPU, without a sample of a class."""
        centers = means_of(samples, self.classes, "statistical-flow")
        return other_means(centers) - centers
