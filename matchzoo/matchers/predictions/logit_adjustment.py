"""Self-training on sure predictions, against logits that are adjusted by how often each class is predicted."""

from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.statistics.label_marginal import label_marginal
from matchzoo.matchers.statistics.risk import check_scores


def logit_adjusted_losses(
    scores: torch.Tensor, shares: torch.Tensor, *, temperature: float = 0.5, margin: float = 0.4
) -> torch.Tensor:
    """−Σ_k t_k log softmax_k(z / τ + m log q) with t = softmax(z / τ) held fixed, [n] ≥ 0 in nats: the cross-entropy of
    predictions with themselves, where classes that are predicted often have a head start.

    The gradient is (softmax(z / τ + m log q) − t) / τ: scores of classes that are predicted less often than others
    rise, those of the others fall; with equal shares it is 0.

    Args:
        scores: z, class scores [n, c].
        shares: q, [c] not negative, how often each class is predicted.
        temperature: τ > 0.
        margin: m ≥ 0.

    Raises:
        MatchZooError: shapes do not fit, or the temperature is not above 0.

    Source: the local entropy regularization of Cao et al., Solving the catastrophic forgetting problem in generalized
    category discovery (LegoGCD), CVPR 2024, whose code lets the gradient pass through t as well; the adjustment is that
    of Wang et al., Debiased learning from naturally imbalanced pseudo-labels, CVPR 2022.
    """
    if scores.ndim != 2 or shares.shape != scores.shape[1:]:
        got = f"{list(scores.shape)} and {list(shares.shape)}"
        raise MatchZooError(f"logit-adjustment: expected scores [n, c] and shares [c], got {got}")
    if not temperature > 0:
        raise MatchZooError(f"logit-adjustment: expected a temperature above 0, got {temperature}")
    logits = scores / temperature
    adjustment = margin * shares.to(scores).clamp_min(torch.finfo(scores.dtype).tiny).log()
    return -(logits.detach().softmax(1) * (logits + adjustment).log_softmax(1)).sum(1)


@torch.no_grad()
def sure_rows(scores: torch.Tensor, threshold: float, classes: torch.Tensor | None = None) -> torch.Tensor:
    """Which rows [n] (bool) of class scores [n, c] have a largest probability of at least a threshold and, where they
    are given, a likeliest class among some class indices [k]."""
    confidence, predicted = scores.softmax(1).max(1)
    sure = confidence >= threshold
    return sure if classes is None else sure & torch.isin(predicted, classes.to(predicted.device))


@declare("logit-adjustment")
class LogitAdjustment(Matcher):
    """`logit_adjusted_losses` of the rows of class scores whose predictions are sure, summed and divided by the number
    of all rows; the shares of classes are a running mean of the predictions. Labels are not looked at.

    Among ``classes`` it keeps what a classifier knows of them while it finds others without labels (the local entropy
    regularization, LER, of LegoGCD). The shares are state: checkpoints hold them, and an update writes them only once
    it has succeeded; they are equal at first.

    Examples:
        >>> term = LogitAdjustment()
        >>> loss = term(scores)  # [n, c]; a scalar
        >>> term.after_step()  # writes the shares

    Source: as `logit_adjusted_losses`. Its scores are cosines over 0.1, and its running mean is of softmax of the
    cosines themselves, which is almost even whatever is predicted; here it is of the predictions.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    temperature: float = attrs.field(default=0.5, validator=positive())
    """τ of the softmax of both."""
    margin: float = attrs.field(default=0.4, validator=at_least(0))
    """m, the factor of the logarithms of the shares."""
    decay: float = attrs.field(default=0.999, validator=between(0, 1))
    """What stays of the shares in an update."""
    threshold: float = attrs.field(default=0.95, validator=between(0, 1))
    """Of the largest probability, from which on a row counts."""
    classes: tuple[str, ...] = ()
    """Names of the classes whose predictions count; all if not given."""

    def build(self, spec: Spec) -> None:
        """Make the shares, unless they are there already; raises for an unknown class, or unless the space has a
        feature for every class, where classes are known."""
        if spec.classes is not None:
            check_scores(spec, "logit adjustment")
        unknown = [name for name in self.classes if name not in spec.class_names]
        if unknown:
            hint = did_you_mean(unknown[0], spec.class_names)
            raise DeclarationError([("classes", f"unknown class '{unknown[0]}'{hint}")])
        numbers = [spec.class_names.index(name) for name in self.classes]
        self.counted = torch.tensor(numbers) if numbers else None

        count = spec.classes or spec.features or 0
        if getattr(self, "shares", torch.empty(0)).shape != (count,):
            self.register_buffer("shares", torch.full((count,), 1 / count))
        self.pending: torch.Tensor | None = None

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each sample's loss, and in the shares."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The loss by the shares before this update, with ``share`` as a diagnostic: that of the rows that count."""
        [samples] = sets
        scores, shares = samples.values, self.get_buffer("shares")
        current = label_marginal(scores.detach(), samples.weights).to(shares)
        self.pending = self.decay * shares + (1 - self.decay) * current

        counts = sure_rows(scores, self.threshold, self.counted).to(scores)
        losses = counts * logit_adjusted_losses(scores, shares, temperature=self.temperature, margin=self.margin)
        weights = samples.weights
        value = losses.mean() if weights is None else losses @ (weights / weights.sum()).to(losses)
        return Discrepancy(value, lambda _: {"share": counts.mean().item()})

    def after_step(self) -> None:
        """Write the shares of an update that has succeeded."""
        if self.pending is not None:
            self.get_buffer("shares").copy_(self.pending)
            self.pending = None
