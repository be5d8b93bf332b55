"""Whether an estimated ratio is to be trusted, by its own figures."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

WORST = 1e8
"""The condition number above which a solution of a linear system has lost half of its digits in float64."""
ALIKE = (0.45, 0.55)
"""The held-out AUC between which the ratio tells no table from the other."""
MEAN = (0.1, 0.5)
"""How far the mean may be from 1: beyond the first be careful, beyond the second do not trust it."""
FEW = 10
"""Rows whose weight is that of all: fewer carry no mean."""
APART = 0.1
"""Standard deviations that a mean may be off after weighting."""

Word = Literal["trust", "be careful", "do not trust"]


@attrs.frozen
class Verdict:
    """Whether to trust a ratio, and why not.

    Attributes:
        reasons: by the figure that each is about, in the order in which figures are printed; empty where nothing speaks
            against it. A figure's worst reason alone is given.
        grave: the figures whose reason forbids to trust it.
    """

    reasons: dict[str, str]
    grave: frozenset[str] = frozenset()

    @property
    def word(self) -> Word:
        """In short."""
        return "do not trust" if self.grave else "be careful" if self.reasons else "trust"

    def record(self) -> dict[str, Any]:
        """For programs."""
        return {"word": self.word, "reasons": self.reasons}


def verdict(figures: Mapping[str, Any], rows: tuple[int, int]) -> Verdict:
    """Judge a ratio by figures that `matchzoo.ratios.Ratio.diagnostics` and `matchzoo.ratios.held_out` give.

    The limits are of practice, not of theory: half of the digits (condition number), a tenth of the rows (effective
    sample size), means within a tenth of what they should be.

    Args:
        figures: ``mean``, ``minimum``, ``effective_sample_size``, and as far as there are some ``condition_number``,
            ``clipped_share``, ``kernel_error``, ``held_out`` (of `held_out`; None where it failed) and ``balance`` (of
            `balance`, by column). None stands for a figure that is not finite.
        rows: of the numerator and of the denominator.

    Examples:
        >>> verdict({"mean": 1.01, "minimum": 0.0, "effective_sample_size": 311.0}, (600, 800)).word
        'trust'
    """
    reasons: dict[str, str] = {}
    grave: set[str] = set()
    for figure, forbids, reason in _reasons(figures, rows):
        if forbids or figure not in reasons:
            reasons[figure] = reason
        if forbids:
            grave.add(figure)
    return Verdict(reasons, frozenset(grave))


def _reasons(figures: Mapping[str, Any], rows: tuple[int, int]) -> Iterator[tuple[str, bool, str]]:
    """What speaks against a ratio: the figure, whether it forbids to trust it, and why."""
    for name in ("mean", "minimum", "effective_sample_size", "condition_number"):
        if name in figures and figures[name] is None:
            yield name, True, "is too large for a number"

    mean, minimum = figures["mean"], figures["minimum"]
    if mean is not None and abs(mean - 1) > MEAN[0]:
        yield "mean", abs(mean - 1) > MEAN[1], "should be 1"
    if minimum is not None and minimum < 0:
        yield "minimum", False, "should not be negative"
    if figures.get("clipped_share", 0) > 0.05:
        lost = 'of all weight was below 0, and set to 0; constraint = "non-negative" has none'
        yield "clipped_share", False, lost

    if (figures.get("kernel_error") or 0) > 0.1:
        yield "kernel_error", False, "of 1: the landmarks stand for the kernel poorly; give more (landmarks)"

    size = figures["effective_sample_size"]
    if size is not None and size < max(FEW, rows[1] / 100):
        yield "effective_sample_size", True, f"of {rows[1]}: a handful of rows carries the weighted means"
    elif size is not None and size < rows[1] / 10:
        yield "effective_sample_size", False, f"of {rows[1]}: less than a tenth of the rows carry the weighted means"

    if (figures.get("condition_number") or 0) > WORST:
        yield "condition_number", True, f"above {WORST:.0e}: raise the ridge"
    yield from _reasons_held_out(figures)
    yield from _reasons_of_means(figures.get("balance") or {})


def _reasons_held_out(figures: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """What the rows that were left out say."""
    held_out = figures.get("held_out")
    if not held_out:
        if "held_out" in figures:
            yield "held_out", False, "could not be checked at rows that were left out"
        return
    mean, error, auc = (held_out.get(key) for key in ("mean", "squared_error_less_that_of_1", "auc"))
    if None in (mean, error, auc):
        yield "held_out_mean", True, "is too large for a number"
        return
    if abs(mean - 1) > 2 * MEAN[0]:
        yield "held_out_mean", abs(mean - 1) > 2 * MEAN[1], "should be 1"
    if error > 0:
        alike = ALIKE[0] < auc < ALIKE[1]
        why = (
            "the tables look alike, and a ratio of 1 does better" if alike else "a ratio of 1, no weights, does better"
        )
        yield "held_out_error", not alike, f"above 0: {why}"


def _reasons_of_means(balance: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """What the means of columns say, before and after weighting."""
    worse = [
        name
        for name, (before, after) in balance.items()
        if before is not None and after is not None and abs(after) > max(abs(before), APART)
    ]
    if worse:
        yield "balance", False, f"further apart after weighting: {', '.join(worse[:3])}{', …' if worse[3:] else ''}"
