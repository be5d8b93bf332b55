"""How much the predictions of a classifier that is a projector tell samples apart."""

from collections.abc import Sequence
from typing import ClassVar

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.numerics.losses import mean_entropy
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.distance import kl_divergence
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.statistics.label_marginal import label_marginal
from matchzoo.matchers.statistics.risk import check_scores


def information_loss(scores: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """mean H(p_i) − H(p̄) with p_i = softmax(scores_i) and p̄ their mean, in nats; a scalar in [−log c, 0].

    Minus the mutual information of sample and predicted class: smallest where every prediction is certain and all
    classes are predicted equally often.

    Args:
        scores: [n, c].
        weights: [n] non-negative with a positive sum; None for equal ones.
    """
    marginal = label_marginal(scores, weights)
    return mean_entropy(scores, weights) + kl_divergence(marginal, torch.ones_like(marginal))


@declare("mutual-information")
class MutualInformation(Matcher):
    """`information_loss` of the predictions of class scores, minus their mutual information with the samples; of
    several sets, the mean of theirs. A player minimizes it on unlabeled samples.

    Labels are not looked at. It is ``entropy`` with the statistic ``label-marginal`` under ``kl`` to equal shares, but
    for the constant log c, as one term.

    Examples:
        >>> MutualInformation()(scores)  # [n, c]; a scalar

    Source: Krause, Perona and Gomes, Discriminative clustering by regularized information maximization, NeurIPS 2010;
    as a surrogate of the target's risk Lv et al., Pareto domain adaptation, NeurIPS 2021.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)

    def build(self, spec: Spec) -> None:
        """Raises unless the space has a feature for every class, where classes are known."""
        if spec.classes is not None:
            check_scores(spec, "mutual information")

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each sample's entropy and prediction."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean over the sets of minus their mutual information."""
        losses = [information_loss(samples.values, samples.weights) for samples in sets]
        return Discrepancy(losses[0] if len(losses) == 1 else torch.stack(losses).mean())
