"""The numbers of records that say how good a result is, and in which direction; and by which of them one may choose."""

from collections.abc import Sequence

import attrs

from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.evaluation.evaluation import Evaluation, Record

LARGER = {
    "top1_mean": "top-1 %",
    "top1": "top-1 %",
    "worst_group_mean": "worst group %",
    "worst_group": "worst group %",
    "accuracy": "accuracy %",
    "right": "right in all %",
    "high_quality": "high quality",
    "modes": "modes",
    "inception_score": "Inception score",
    "denoising": "denoising, dB",
    "deblurring": "deblurring, dB",
    "inpainting": "inpainting, dB",
}
"""Numbers of records of which a larger one is better, with what tables call them; the first of a record leads."""

SMALLER = {
    "ece": "calibration error %",
    "nll": "cross-entropy",
    "mmd2": "MMD² (unbiased)",
    "mode_kl": "mode KL",
    "frechet": "Fréchet distance",
    "kernel": "kernel distance",
    "mifid": "MiFID",
    "w2_squared": "W2²",
    "l2_uvp": "L2-UVP %",
    "sinkhorn_divergence": "Sinkhorn divergence",
    "relative_error": "relative error",
    "prox_error": "error to the prox",
    "score_error": "error of the score",
    "denoised_error": "error of denoised points",
    "memorized": "memorized %",
}
"""The same of which a smaller one is better."""

INSTEAD = {"top1": "top1_mean", "worst_group": "worst_group_mean"}
"""Numbers that are lists where the record has their mean."""


@attrs.frozen
class Figure:
    """A number by which runs are compared.

    Attributes:
        number: of the evaluation in its recipe.
        kind: of the evaluation.
        name: of the number in its record; of a scorer without labels ``scores/NAME``.
        title: what tables call it.
        larger_is_better: or a smaller one is.
        chooses: nothing of the test part is in it, so that something may be chosen by it.
    """

    number: int
    kind: str
    name: str
    title: str
    larger_is_better: bool
    chooses: bool

    @property
    def key(self) -> str:
        """How a person names it: ``validation.top1_mean``."""
        return f"{self.kind}.{self.name.rpartition('/')[2]}"

    def of(self, results: Sequence[Record]) -> float | None:
        """Its value among the results of a run; None where they do not have it."""
        own = next((record for record in results if record["number"] == self.number), {})
        group, _, name = self.name.rpartition("/")
        value = (own.get(group, {}) if group else own).get(name)
        return float(value) if isinstance(value, int | float) else None

    def is_better(self, one: float, other: float) -> bool:
        """Whether one value is better than another."""
        return one > other if self.larger_is_better else one < other


def figures_of(results: Sequence[Record]) -> list[Figure]:
    """The figures that the results of a run have, those of its first evaluation first; of every evaluation the record
    of the method counts, its first one."""
    figures: list[Figure] = []
    for number in dict.fromkeys(record["number"] for record in results):
        record = next(record for record in results if record["number"] == number)
        kind, split = record["evaluation"], record.get("split", "test")
        on = f" on {split}" if split != "test" else ""
        label = f"{record.get('measures', kind)}{on}"
        chooses = kind == "validation" or split.endswith("validation")
        for is_larger, names in ((True, LARGER), (False, SMALLER)):
            figures += [
                Figure(number, kind, name, f"{label}: {title}", is_larger, chooses)
                for name, title in names.items()
                if isinstance(record.get(name), int | float) and INSTEAD.get(name) not in record
            ]
        scores = record.get("scores", {})
        figures += [Figure(number, kind, f"scores/{name}", f"{label}: {name}", True, True) for name in scores]
    return figures


def leading(figures: Sequence[Figure]) -> list[Figure]:
    """The first figure of every evaluation."""
    return list({figure.number: figure for figure in reversed(figures)}.values())[::-1]


def chosen_by(by: str | None, figures: Sequence[Figure]) -> Figure | None:
    """The figure of a name, or the first by which something may be chosen; None where there is none.

    Args:
        by: such as ``validation.top1_mean``, or ``unlabeled.entropy``.
        figures: of the results.

    Raises:
        MatchZooError: there is none of that name, or it is one of the test part.
    """
    known = {figure.key: figure for figure in reversed(figures) if figure.chooses}
    known = dict(reversed(known.items()))
    if by is None:
        return next(iter(known.values()), None)
    if by in known:
        return known[by]
    if any(figure.key == by for figure in figures):
        raise MatchZooError(f"by: '{by}' is of the test part, and nothing is chosen by it; {remedy(known)}")
    raise MatchZooError(f"by: there is no figure '{by}'{did_you_mean(by, known)}; {remedy(known)}")


def remedy(known: Sequence[str] | dict[str, Figure]) -> str:
    """What there is to choose by, or how to have it."""
    return f"there is {', '.join(known)}" if known else HOW


HOW = (
    "keep training samples apart (data.validation_share = 0.2) and measure on them: an evaluation "
    '{ kind = "validation", of = … }'
)
"""How a recipe gets a figure by which something may be chosen."""


def may_choose(evaluation: Evaluation) -> bool:
    """Whether an evaluation gives figures by which something may be chosen."""
    split = getattr(evaluation, "split", "test")
    return evaluation.kind in ("validation", "unlabeled") or (isinstance(split, str) and split.endswith("validation"))


def evaluation_of(by: str, evaluations: Sequence[Evaluation]) -> tuple[int, Evaluation]:
    """The evaluation that a figure is of, with its number.

    Args:
        by: kind of the evaluation and name of the number, ``validation.top1_mean``.
        evaluations: of a recipe.

    Raises:
        DeclarationError: there is none of that kind, or it may not choose.
    """
    kind = by.partition(".")[0]
    for number, evaluation in enumerate(evaluations):
        if evaluation.kind == kind and may_choose(evaluation):
            return number, evaluation
    known = ", ".join(evaluation.kind for evaluation in evaluations if may_choose(evaluation))
    has = f"those that may choose are {known}" if known else HOW
    message = f"no evaluation of kind '{kind}' by which something may be chosen; {has}"
    raise DeclarationError([("trainer.best.by", message)])
