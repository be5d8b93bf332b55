"""What ``matchzoo ratio`` prints: diagnostics with what each should be, and what is wrong with an estimate."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matchzoo.ratios.trust import ALIKE

SHOWN = 12
"""Columns whose means are shown, at most."""
CALLED = {
    "mean": "mean {ratio}",
    "minimum": "smallest {ratio}",
    "clipped_share": "clipped share",
    "effective_sample_size": "effective sample size",
    "kernel_error": "kernel error",
    "condition_number": "condition number",
    "held_out": "the {ratio}",
    "held_out_mean": "held-out mean",
    "held_out_error": "held-out squared error",
    "balance": "means",
}
"""What the reasons of a verdict call the figures that they are about."""


def remarks(figures: Mapping[str, Any], sides: Mapping[str, np.ndarray]) -> list[str]:
    """Why figures are not finite, and what to do.

    Args:
        figures: of `matchzoo.cli.tables.ratio.ratio`, with None for those that are not finite.
        sides: the ratio's values at the rows of the denominator, and of the numerator where the method has them.
    """
    notes = []
    if "condition_number" in figures and figures["condition_number"] is None:
        notes.append("the condition number is not finite: the system is singular to rounding; raise the ridge")

    held_out = figures.get("held_out") or {}
    lacking = [name for name in ("mean", "minimum", "effective_sample_size") if figures[name] is None]
    lacking += [f"held-out {name}" for name, value in held_out.items() if value is None]
    lacking += [f"balance of {name}" for name, pair in figures["balance"].items() if None in pair]
    places = []
    for side, values in sides.items():
        rows = np.flatnonzero(~np.isfinite(values))
        if len(rows):
            places.append(f"{len(rows)} of {len(values)} rows of the {side} (row {rows[0] + 1} is the first)")
    if not lacking and not places:
        return notes

    what = f"{', '.join(lacking).replace('_', ' ')}: " if lacking else ""
    why = f"the ratio is at {' and '.join(places)}" if places else "sums over ratios at left-out rows are"
    remedy = "take logarithms or ranks of columns whose values lie far out, or a method that is bounded there (ulsif)"
    return [*notes, f"not finite: {what}{why} too large for a number; {remedy}"]


def summary(results: Mapping[str, Any]) -> list[str]:
    """The figures as lines, each with what is wrong with it, if anything is, and whether to trust the ratio."""
    n, m = results["rows"]
    what = "relative ratio" if "relative" in results else "ratio"
    judged = results["verdict"]
    wrong = judged["reasons"]
    lines = [
        f"{results['method']}: {n} rows of the numerator, {m} of the denominator, {len(results['columns'])} columns"
    ]
    if "weights" in results:
        tables = zip(("numerator", "denominator"), results["weights"]["tables"], strict=True)
        lines.append(f"weights of rows of the {' and the '.join(name for name, weighted in tables if weighted)}")
    if results["chosen"]:
        lines.append("chosen: " + ", ".join(f"{name} {value:.4g}" for name, value in results["chosen"].items()))
    lines += [
        _line(f"mean {what}", results["mean"], ".4f", wrong.get("mean")),
        _line(f"smallest {what}", results["minimum"], ".4f", wrong.get("minimum")),
    ]
    if "clipped_share" in results:
        lines.append(_line("clipped share", results["clipped_share"], ".4f", wrong.get("clipped_share")))
    size = wrong.get("effective_sample_size", f"of {m}")
    lines.append(_line("effective sample size", results["effective_sample_size"], ".1f", size))
    if "kernel_error" in results:
        lines.append(_line("kernel error", results["kernel_error"], ".3g", wrong.get("kernel_error")))
    if "condition_number" in results:
        lines.append(_line("condition number", results["condition_number"], ".3g", wrong.get("condition_number")))

    if results.get("held_out"):
        out = results["held_out"]
        error = wrong.get("held_out_error", "less that of r = 1")
        lines += [
            _line("held out: mean", out["mean"], ".4f", wrong.get("held_out_mean")),
            _line("held out: squared error", out["squared_error_less_that_of_1"], ".4f", error),
            _line("held out: AUC", out["auc"], ".4f", "the tables look alike" if _alike(out["auc"]) else None),
        ]
    elif "held_out" not in results:
        lines.append("no held-out check: the method has no values at new rows, or there are fewer than 10")
    if results.get("two_sample"):
        test = results["two_sample"]
        lines.append(
            _line("two-sample test: p-value", test["p_value"], ".4g", f"of {test['permutations']} permutations")
        )
    lines += results["notes"]

    lines.append("means apart, in standard deviations of the numerator: before and after weighting")
    width = max(map(len, results["columns"]))
    pairs = sorted(results["balance"].items(), key=lambda item: -abs(item[1][0]))
    for name, (before, after) in pairs[:SHOWN]:
        lines.append(f"  {name:{width}} {before:8.3f} {_number(after, '.3f'):>8}")
    lines += [f"  … and {len(pairs) - SHOWN} more columns"] if len(pairs) > SHOWN else []
    why = [f"{CALLED[figure].format(ratio=what)}: {reason}" for figure, reason in wrong.items()]
    return [*lines, f"verdict: {judged['word']}{' (' + '; '.join(why) + ')' if why else ''}"]


def _line(name: str, value: float | None, form: str, remark: str | None) -> str:
    return f"{name:26} {_number(value, form):>10}  {remark or ''}".rstrip()


def _alike(auc: float | None) -> bool:
    return auc is not None and ALIKE[0] < auc < ALIKE[1]


def _number(value: float | None, form: str) -> str:
    return "not finite" if value is None else f"{value:{form}}"
