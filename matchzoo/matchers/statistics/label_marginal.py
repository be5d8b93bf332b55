"""The shares of classes that a classifier sees in a set."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.risk import check_scores
from matchzoo.matchers.statistics.statistic import Statistic


def label_marginal(scores: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Mean over rows of softmax(scores): the shares [c] of the classes, which sum to 1.

    Args:
        scores: [n, c].
        weights: [n] non-negative with a positive sum; None for equal ones.
    """
    probabilities = scores.softmax(1)
    return probabilities.mean(0) if weights is None else (weights / weights.sum()).to(probabilities) @ probabilities


@declare("label-marginal")
class LabelMarginal(Statistic):
    """`label_marginal` [c] of class scores; labels are not looked at.

    Under ``kl`` and ``to-constant`` with the shares that classes have as ``constant``, it holds the predictions of an
    unlabeled set to a prior, so that low entropy is not had by one class for all.

    Source: Bateson et al., Source-free domain adaptation for image segmentation (AdaEnt), 2021, whose shares are of
    pixels, each divided by its largest probability.
    """

    def build(self, spec: Spec) -> None:
        """Raises unless the space has a feature for every class, where classes are known."""
        if spec.classes is not None:
            check_scores(spec, "label marginal")

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The shares [c]."""
        return label_marginal(samples.values, samples.weights)
