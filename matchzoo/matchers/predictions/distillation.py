"""How far the predictions of two classifiers are apart, sample by sample: a student and a teacher, or two views."""

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between, positive
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.schedule import Schedule, scheduled, value_at
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.statistics.risk import check_scores

Divergence = Literal["kl", "reverse-kl", "symmetric-kl", "jensen-shannon", "hard"]
"""Of the student's predictions from the teacher's: see `prediction_divergence`."""
Rule = Literal["all", "confident", "teacher-surer", "teacher-surer-soft"]
"""Which samples count: see `row_rule`."""


def row_entropies(scores: torch.Tensor) -> torch.Tensor:
    """−Σ_k p_k log p_k of p = softmax(scores), [n] in nats, of scores [n, c]."""
    logs = scores.log_softmax(1)
    return -(logs.exp() * logs).sum(1)


@checked
def prediction_divergence(
    student: torch.Tensor,
    teacher: torch.Tensor,
    divergence: Divergence = "kl",
    *,
    temperature: float = 1.0,
    skew: float = 0.5,
    teacher_temperature: float | None = None,
) -> torch.Tensor:
    """How far p = softmax(student / τ) is from q = softmax(teacher / τ'), [n] ≥ 0 in nats, row by row.

    Examples:
        >>> loss = prediction_divergence(scores, teacher_scores.detach(), temperature=4.0).mean()
        >>> loss = prediction_divergence(x, y.detach(), teacher_temperature=0.4).mean()  # toward a surer teacher

    Args:
        student: class scores [n, c].
        teacher: [n, c]; differentiable too, unless it is detached.
        divergence: ``kl`` is KL(q‖p), whose gradient is that of cross-entropy with soft labels; ``reverse-kl`` is
            KL(p‖q); ``symmetric-kl`` half of both; ``jensen-shannon`` the skewed one, β KL(q‖m) + (1 − β) KL(p‖m) of
            the mixture m = (1 − β) p + β q; ``hard`` the cross-entropy with the teacher's likeliest class.
        temperature: τ > 0. The loss is not multiplied by τ².
        skew: β in (0, 1) of ``jensen-shannon``: 1/2 for the usual one.
        teacher_temperature: τ' > 0, τ if not given; below τ the teacher is sharpened.

    Raises:
        MatchZooError: shapes differ, or a temperature is not above 0.

    Source: Hinton et al., Distilling the knowledge in a neural network, 2015; the skewed divergence as in Agarwal et
    al., On-policy distillation of language models, ICLR 2024; a sharpened teacher as in Caron et al., Emerging
    properties in self-supervised vision transformers (DINO), ICCV 2021.
    """
    _check_shapes(student, teacher)
    teacher_temperature = temperature if teacher_temperature is None else teacher_temperature
    for given in (temperature, teacher_temperature):
        if not given > 0:
            raise MatchZooError(f"distillation: expected a temperature above 0, got {given}")
    if divergence == "hard":
        return F.cross_entropy(student / temperature, teacher.argmax(1), reduction="none")
    p, q = (student / temperature).log_softmax(1), (teacher / teacher_temperature).log_softmax(1)
    if divergence == "kl":
        return _kl(q, p)
    if divergence == "reverse-kl":
        return _kl(p, q)
    if divergence == "symmetric-kl":
        return (_kl(q, p) + _kl(p, q)) / 2
    if skew in (0, 1):
        return torch.zeros_like(p[:, 0])
    middle = torch.logaddexp(p + math.log(1 - skew), q + math.log(skew))
    return skew * _kl(q, middle) + (1 - skew) * _kl(p, middle)


def _kl(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """KL [n] of probabilities whose logarithms [n, c] are given."""
    return (first.exp() * (first - second)).sum(1)


@checked
@torch.no_grad()
def row_rule(
    student: torch.Tensor, teacher: torch.Tensor, rule: Rule = "all", *, threshold: float = 0.8
) -> torch.Tensor:
    """Weights [n] in [0, 1] of samples, without a graph.

    Args:
        student: class scores [n, c].
        teacher: [n, c].
        rule: ``all`` is 1; ``confident`` is 1 where the teacher's largest probability is at least the threshold, else
            0; ``teacher-surer`` is 1 where the student's entropy is above the teacher's; ``teacher-surer-soft`` the
            sigmoid of the difference.
        threshold: of ``confident``.

    Raises:
        MatchZooError: shapes differ.

    Source: of the last, the code of TSD-KD; its paper selects, as ``teacher-surer`` does.
    """
    _check_shapes(student, teacher)
    if rule == "all":
        return torch.ones_like(student[:, 0])
    if rule == "confident":
        return (teacher.softmax(1).amax(1) >= threshold).to(student)
    difference = row_entropies(student) - row_entropies(teacher)
    return (difference > 0).to(student) if rule == "teacher-surer" else difference.sigmoid()


def ranking_loss(student: torch.Tensor, teacher: torch.Tensor, top: int | None = None) -> torch.Tensor:
    """−log P(order) [n] of the teacher's order of classes under the Plackett–Luce model of the student's scores:
    Σ_i log Σ_{j ≥ i} exp(s_j) − s_i over the places i of that order, the best first.

    Args:
        student: class scores [n, c].
        teacher: [n, c].
        top: places that count, among all classes, at least 1; all if not given.

    Raises:
        MatchZooError: shapes differ, or no place counts.

    Source: Plackett, The analysis of permutations, 1975. (The code of TSD-KD sums over prefixes in place of suffixes,
    which is the likelihood of the reversed order.)
    """
    _check_shapes(student, teacher)
    if top is not None and top < 1:
        raise MatchZooError(f"distillation: expected at least 1 place as top, got {top}")
    ordered = student.gather(1, teacher.argsort(1, descending=True))
    rest = ordered.flip(1).logcumsumexp(1).flip(1)
    return (rest - ordered)[:, :top].sum(1)


def _check_shapes(student: torch.Tensor, teacher: torch.Tensor) -> None:
    if student.shape != teacher.shape or student.ndim != 2:
        got = f"{list(student.shape)} and {list(teacher.shape)}"
        raise MatchZooError(f"distillation: expected class scores [n, c] of one shape, got {got}")


@declare("distillation")
class Distillation(Matcher):
    """Mean `prediction_divergence` of the class scores of two classifiers on the same samples, of those that `row_rule`
    lets count: a student and a teacher, or two views.

    The first set is the teacher's, the second the student's: one set in two spaces, ``space = ["teacher", "scores"]``,
    or two views of the same rows, ``sets = ["real", "real'"]``; with both, each view is taken in its space. Labels are
    not looked at. The mean is over all samples, so that the fewer count, the smaller is the term.

    Examples:
        >>> Distillation(temperature=4.0)(teacher_scores, scores)  # [n, c] each; a scalar

    Source: Hinton et al., Distilling the knowledge in a neural network, 2015; the rules of rows as in `row_rule`.
    """

    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    pairs_spaces: ClassVar[bool] = True
    divergence: Divergence = "kl"
    """Of the student's predictions from the teacher's."""
    temperature: float = attrs.field(default=1.0, validator=positive())
    """τ of the softmax of both."""
    teacher_temperature: float | Schedule | None = attrs.field(
        default=None, validator=attrs.validators.optional(scheduled(positive()))
    )
    """τ of the teacher's, a number or a schedule, where it is another: below that of the student its predictions are
    sharpened. Which samples count is by predictions at 1, whatever the temperatures."""
    skew: float = attrs.field(default=0.5, validator=between(0, 1))
    """β of ``jensen-shannon``, which is constant at 0 and 1."""
    rows: Rule = "all"
    """Which samples count."""
    threshold: float = attrs.field(default=0.8, validator=between(0, 1))
    """Of the teacher's largest probability, for ``rows = "confident"``."""
    fixed: Literal["teacher", "student", "none"] = "teacher"
    """The side that gets no gradient; none where two views teach each other."""

    def __attrs_post_init__(self) -> None:
        if self.divergence == "jensen-shannon" and self.skew in (0, 1):
            raise DeclarationError([("skew", "expected a number between 0 and 1: there the divergence is constant")])

    def build(self, spec: Spec) -> None:
        """Raises unless the first space has a feature for every class, where classes are known."""
        if spec.classes is not None:
            check_scores(spec, "distillation")

    @property
    def uses_sample_weights(self) -> bool:
        """As factors of each sample's divergence."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean; raises for scores of different shapes."""
        teacher, student = (samples.values for samples in sets)
        teacher = teacher.detach() if self.fixed == "teacher" else teacher
        student = student.detach() if self.fixed == "student" else student
        sharpness = None if self.teacher_temperature is None else value_at(self.teacher_temperature, step.number)
        divergences = prediction_divergence(
            student,
            teacher,
            self.divergence,
            temperature=self.temperature,
            skew=self.skew,
            teacher_temperature=sharpness,
        )
        counts = row_rule(student, teacher, self.rows, threshold=self.threshold)

        weights = sets[0].weights
        if weights is None:
            value = (counts * divergences).mean()
        else:
            value = (counts * divergences) @ (weights / weights.sum()).to(divergences)
        return Discrepancy(value, lambda _: {"share": counts.mean().item()})
