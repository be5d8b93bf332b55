"""Classifiers that learn from their own earlier predictions: targets in memory, a row per training sample."""

from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import FAMILIES, declare
from matchzoo.core.declaration.validators import between
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.losses import soft_cross_entropy
from matchzoo.core.samples import Samples, as_samples, probabilities
from matchzoo.core.schedule import Schedule, scheduled, value_at
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.data import ENVIRONMENT, IN_TURN
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import ENVIRONMENTS, Matcher
from matchzoo.matchers.statistics.risk import check_scores

LEAST = 1e-4
"""Probabilities are clamped to [LEAST, 1 − LEAST] by `early_learning_regularizer`."""


def clamped_predictions(scores: torch.Tensor) -> torch.Tensor:
    """softmax(scores) [n, c] of scores [n, c], clamped so that no logarithm or division is of 0."""
    return scores.softmax(1).clamp(LEAST, 1 - LEAST)


@torch.no_grad()
def early_learning_targets(targets: torch.Tensor, scores: torch.Tensor, decay: float) -> torch.Tensor:
    """β t + (1 − β) p, [n, c] without a graph: the targets of some rows after their predictions p of softmax(scores).

    Args:
        targets: t [n, c] of these rows so far; zeros at their first visit.
        scores: [n, c].
        decay: β in [0, 1].

    Raises:
        MatchZooError: the decay is not a share.
    """
    _check_share("decay", decay)
    predictions = clamped_predictions(scores)
    return decay * targets + (1 - decay) * (predictions / predictions.sum(1, keepdim=True)).to(targets)


def early_learning_regularizer(
    scores: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean over rows of log(1 − ⟨t, p⟩), p = softmax(scores), a scalar between −9.3 and 0: the smaller, the closer are
    predictions to their targets. It stays below what cross-entropy can gain by fitting a wrong label.

    Examples:
        >>> targets = early_learning_targets(memory[rows], scores, 0.7)
        >>> loss = cross_entropy(scores, labels) + 3 * early_learning_regularizer(scores, targets)

    Args:
        scores: [n, c].
        targets: t [n, c], held fixed: rows of sum at most 1.
        weights: [n] non-negative with a positive sum; None for equal ones.

    Source: Liu et al., Early-learning regularization prevents memorization of noisy labels, NeurIPS 2020, equation 6.
    """
    agreement = (targets.detach().to(scores) * clamped_predictions(scores)).sum(1)
    rows = (1 - agreement).clamp_min(LEAST).log()
    return rows.mean() if weights is None else rows @ (weights / weights.sum()).to(rows)


def progressive_targets(
    labels: torch.Tensor, predictions: torch.Tensor, share: float, classes: int | None = None
) -> torch.Tensor:
    """(1 − α) y + α p, [n, c]: labels mixed with what was predicted of the same samples before.

    Args:
        labels: y, class indices [n] or probabilities [n, c].
        predictions: p [n, c]; a row of zeros is of a sample that was not seen yet, whose label is its target.
        share: α in [0, 1].
        classes: c; the columns of predictions if not given.

    Raises:
        MatchZooError: the share is not in [0, 1], such as the end of a schedule above 1.

    Source: Kim et al., Self-knowledge distillation with progressive refinement of targets, ICCV 2021, equation 4.
    """
    _check_share("share", share)
    hard = probabilities(labels, classes or predictions.shape[1], predictions)
    seen = predictions.sum(1, keepdim=True) > 0
    return torch.where(seen, (1 - share) * hard + share * predictions, hard)


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise MatchZooError(f"{name}: expected a number between 0 and 1, got {value}")


class RowMemory(Matcher):
    """A term with a memory [n, c] of the training samples, by their rows.

    The memory is state: checkpoints hold it, and an update writes it only once it has succeeded. Of a row that is drawn
    twice in an update the last one is written; both are judged by what was known before.

    In your own training loop, `build` it with a `Spec` that says how many samples and classes there are, give `Samples`
    with their ``index``, and call `after_step` after each step of the optimizer.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)

    def build(self, spec: Spec) -> None:
        """Make room for every training sample; raises unless the space has a feature for every class, and for a set of
        other samples."""
        check_scores(spec, self.kind)
        self._check_sets()
        if spec.count is None:
            raise DeclarationError([("data", f"{self.kind} remembers every training sample: how many are there?")])
        self.register_buffer("memory", torch.zeros(spec.count, spec.classes or 0))
        self.pending: tuple[torch.Tensor, torch.Tensor] | None = None

    def _check_sets(self) -> None:
        names = (self.sets,) if isinstance(self.sets, str) else self.wanted_sets if self.sets is None else self.sets
        allowed = ("real", "train", IN_TURN, ENVIRONMENTS)
        odd = [name for name in names if name.rstrip("'") not in allowed and not name.startswith(ENVIRONMENT)]
        if odd:
            message = f"it remembers training samples: expected real, environment or environments, got '{odd[0]}'"
            raise DeclarationError([("sets", message)])

    @property
    def kind(self) -> str:
        """What recipes and messages call the term."""
        return FAMILIES[Matcher].kind_of(type(self))

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each sample's loss."""
        return True

    def forward(self, *sets: torch.Tensor | Samples, step: Step | None = None) -> torch.Tensor:
        """The value, a scalar, of one set outside of any recipe, once `build` has made the memory.

        Args:
            sets: `Samples` of scores [n, c] with labels and index.
            step: for what follows a schedule; the first of seed 0 if not given.
        """
        if not hasattr(self, "memory"):
            message = "build it first: term.build(Spec(shape=…, classes=…, features=…, count=…)) of all samples"
            raise MatchZooError(f"{self.kind}: {message}")
        return self.discrepancy([as_samples(given) for given in sets], step or Step(1, 0)).value

    def recalled(self, samples: Samples) -> torch.Tensor:
        """The memory [n, c] of a set's rows; raises where it does not say which rows they are."""
        if samples.index is None:
            raise MatchZooError(f"{self.kind}: these samples do not say which rows they are; give Samples(…, index=…)")
        return self.get_buffer("memory")[samples.index]

    def remember(self, samples: Samples, values: torch.Tensor) -> None:
        """Keep values [n, c] aside, for the rows of a set, until the update has succeeded."""
        assert samples.index is not None  # as `recalled` checks
        rows, place = samples.index.unique(return_inverse=True)
        positions = torch.arange(len(place), device=place.device)
        last = torch.zeros_like(rows).scatter_reduce_(0, place, positions, "amax", include_self=False)
        self.pending = (rows, values.detach()[last])

    def after_step(self) -> None:
        """Write what the update that has succeeded has kept aside."""
        if self.pending is not None:
            rows, values = self.pending
            memory = self.get_buffer("memory")
            memory[rows] = values.to(memory)
            self.pending = None


@declare("early-learning")
class EarlyLearning(RowMemory):
    """The regularizer of early learning (ELR) of class scores: predictions are held to their own running mean, which
    was formed before wrong labels were memorized. A term beside ``classification``.

    t ← β t + (1 − β) p for the rows of an update, then mean log(1 − ⟨t, p⟩); see `early_learning_regularizer`. The
    likeliest class of a target is a better label than a wrong one: the evaluation ``memorization`` reports how often.

    Weights of 3 with a decay of 0.7, or 7 with 0.9, are those of the paper for 10 and 100 classes.

    Source: Liu et al., Early-learning regularization prevents memorization of noisy labels, NeurIPS 2020; the memory of
    its code is lost with a checkpoint, this one is not.
    """

    decay: float = attrs.field(default=0.7, validator=between(0, 1))
    """β: what stays of a target when its sample is seen again."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The regularizer of one set, whose targets are updated first."""
        samples = sets[0]
        targets = early_learning_targets(self.recalled(samples), samples.values, self.decay)
        self.remember(samples, targets)
        return Discrepancy(early_learning_regularizer(samples.values, targets, samples.weights))


@declare("progressive-target")
class ProgressiveTarget(RowMemory):
    """Cross-entropy of class scores with labels that are mixed, more and more, with what was predicted of the same
    samples at their last visit (PS-KD): (1 − α) y + α p. It takes the place of ``classification``.

    Source: Kim et al., Self-knowledge distillation with progressive refinement of targets, ICCV 2021, where α rises
    linearly to 0.8 over the epochs: ``share = { kind = "ramp", start = 0, end = 0.8, last = <steps> }``.
    """

    share: float | Schedule = attrs.field(default=0.8, validator=scheduled(between(0, 1)))
    """α, a number or a schedule."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The cross-entropy of one set; raises where it has no labels."""
        samples = sets[0]
        if samples.labels is None:
            raise DeclarationError([("matcher", f"a {self.kind} is mixed with labels, and this set has none")])
        past = self.recalled(samples).to(samples.values)
        targets = progressive_targets(samples.labels, past, value_at(self.share, step.number))
        self.remember(samples, samples.values.detach().softmax(1))
        return Discrepancy(soft_cross_entropy(samples.values, targets, 1.0, samples.weights))
