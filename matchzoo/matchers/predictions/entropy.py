"""How sure a classifier that is a projector is of what it says."""

from collections.abc import Sequence
from typing import ClassVar

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.numerics.losses import mean_entropy
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.statistics.risk import check_scores


@declare("entropy")
class Entropy(Matcher):
    """Mean entropy of the predictions of class scores (`mean_entropy`), in nats; of several sets, the mean of theirs.

    Labels are not looked at, so the sets may be unlabeled. By itself it is smallest where every sample is said to be of
    one class: beside it belongs a term that holds the shares of classes, such as the statistic ``label-marginal``.

    Examples:
        >>> Entropy()(scores)  # [n, c]; a scalar

    Source: Grandvalet and Bengio, Semi-supervised learning by entropy minimization, NeurIPS 2004; with a prior of the
    classes Bateson et al., Source-free domain adaptation for image segmentation (AdaEnt), 2021.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)

    def build(self, spec: Spec) -> None:
        """Raises unless the space has a feature for every class, where classes are known."""
        if spec.classes is not None:
            check_scores(spec, "entropy")

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each sample's entropy."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean over the sets of their mean entropy."""
        entropies = [mean_entropy(samples.values, samples.weights) for samples in sets]
        return Discrepancy(entropies[0] if len(entropies) == 1 else torch.stack(entropies).mean())
