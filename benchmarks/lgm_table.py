"""Tables in Markdown of what benchmarks/lgm.py has measured, and the picture of accuracy over seconds."""

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lgm_accuracy
import lgm_memory
import lgm_step

from matchzoo.core.storage import files

PICTURE = Path(__file__).parent.parent / "docs/pictures/time-to-accuracy.png"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; one line that says so if there is nothing."""
    if not rows:
        return "not measured yet"
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + " --- |" * len(head), *lines[1:]])


def show() -> None:
    """Print every table; draw the picture if there is a target to draw."""
    steps = lgm_step.read(lgm_step.STORE)
    print("## A step\n\n" + markdown(lgm_step.HEAD, lgm_step.rows(steps)))
    added = lgm_step.added(lgm_step.read(lgm_step.ADDED))
    print("\n## The trainer over a bare loop\n\n" + markdown(lgm_step.ADDED_HEAD, added))
    print("\n## Memory and classes\n\n" + markdown(lgm_memory.HEAD, lgm_memory.rows()))
    lines = lgm_step.read(lgm_accuracy.STORE)
    print("\n## Time to accuracy\n\n" + markdown(lgm_accuracy.HEAD, lgm_accuracy.rows(lines)))
    for target in (line for line in lines if line["mode"] == "target"):
        print(f"\n{target['data']}, {target['backbone']}: {json.dumps(target['rates'])}")
    if any(line["mode"] == "target" for line in lines):
        picture(lines, PICTURE)
        print(f"\n{PICTURE}")


def picture(lines: Sequence[dict], path: Path) -> None:
    """Mean accuracy over the seeds against seconds (cold), a panel a place, two in a row; names beside them."""
    from matplotlib.figure import Figure

    places = [place for place in lgm_accuracy.curves_of(lines) if len(place[2]) > 1]  # else nothing to compare
    colors: dict[str, str] = {}
    named: dict[str, Any] = {}
    rows, columns = math.ceil(len(places) / 2), min(2, len(places))
    figure = Figure(figsize=(4.2 * columns, 3.2 * rows), dpi=200, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for (place, target, modes), axis in zip(places, axes, strict=False):
        for name, curves in modes.items():
            count = min(len(curve["steps"]) for curve in curves)
            when = [statistics.mean(c["seconds"][i] + c["build"] for c in curves) for i in range(count)]
            score = [statistics.mean(c["top1"][i] for c in curves) for i in range(count)]
            width = 2.2 if name == "textbook" else 1.2
            base = name.removesuffix(", one view")
            color = "black" if name == "textbook" else colors.setdefault(base, f"C{len(colors)}")
            [line] = axis.plot(when, score, "-" if base == name else "--", linewidth=width, color=color)
            named.setdefault(name, line)
        axis.axhline(target["target"], color="gray", linestyle=":", linewidth=1)
        axis.set_xscale("log")
        axis.set_xlabel("seconds, cold")
        axis.set_ylabel("top-1 %")
        axis.set_title(", ".join(place), fontsize=8)
    for axis in axes[len(places) :]:
        axis.set_axis_off()
    names = [name for name in ("textbook", *lgm_accuracy.OURS) if name in named]
    drawn = [named[name] for name in names]
    figure.legend(drawn, names, loc="outside right center", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_with(path, lambda temporary: figure.savefig(temporary))
