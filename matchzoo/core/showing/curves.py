"""The curves of a run: the value of every term over the steps, and what the terms said of their own estimates."""

import math
from typing import Literal

import attrs
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from matchzoo.core.declaration.choices import checked_fields

INK, SECOND = "#1f4e79", "#c55a11"
COLUMNS = 4
"""Panels a row."""
SPARSE = 30
"""Points of a curve up to which each is marked."""
DECADES = 1.5
"""Values that are all above 0 and span more than this are drawn on a logarithmic axis."""
Records = list[dict[str, float]]


@attrs.frozen(field_transformer=checked_fields)
class Panel:
    """How some diagnostics of a term are drawn.

    Attributes:
        title: above the panel.
        names: of the diagnostics, and what the legend calls each where there are several.
        guide: a horizontal line at the value that they should have, or should not cross.
        scale: of the vertical axis: ``share`` is linear from 0 to 1, ``auto`` logarithmic where values span decades.
    """

    title: str
    names: dict[str, str]
    guide: float | None = None
    scale: Literal["auto", "linear", "log", "symlog", "share"] = "auto"


PANELS = (
    Panel("mean ratio (should be 1)", {"mean": ""}, guide=1, scale="linear"),
    Panel("smallest ratio (should not be below 0)", {"minimum": ""}, guide=0, scale="symlog"),
    Panel(
        "shares of the synthetic samples",
        {"effective_share": "effective sample size", "negative_share": "negative ratios"},
        scale="share",
    ),
    Panel("condition number", {"condition_number": ""}, scale="log"),
)
"""What is known of diagnostics by their names; others get a panel each."""


def curves(records: Records) -> Figure:
    """Above the value of every term over the steps, below a row of panels for every term that has diagnostics.

    Args:
        records: of ``metrics.jsonl``: ``step``, values by ``player/term``, diagnostics by ``player/term/name``.
    """
    names = sorted({name for record in records for name in record if name != "step"})
    values = [name for name in names if name.count("/") < 2]
    blocks: list[tuple[str, str, list[Panel]]] = [("", "", [Panel(name, {name: ""}) for name in values])]
    for term in values:
        own = {name.removeprefix(f"{term}/") for name in names if name.startswith(f"{term}/")}
        if own:
            known = [panel for panel in PANELS if own & panel.names.keys()]
            rest = own - {name for panel in known for name in panel.names}
            panels = [*known, *(Panel(name, {name: ""}) for name in sorted(rest))]
            blocks.append((f"the density ratio of {term}" if known else term, f"{term}/", panels))
    widths = [min(COLUMNS, len(panels)) for _, _, panels in blocks]
    rows = [-(-len(panels) // width) for (_, _, panels), width in zip(blocks, widths, strict=True)]
    size = (max(4.5, 3.5 * max(widths)), 2.6 * sum(rows) + 0.3 * (len(blocks) - 1))
    figure = Figure(figsize=size, dpi=130, layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06))
    parts = figure.subfigures(len(blocks), 1, squeeze=False, height_ratios=rows)[:, 0]
    for (title, prefix, panels), part, lines, width in zip(blocks, parts, rows, widths, strict=True):
        if title:
            part.suptitle(title, x=0.01, ha="left", fontsize=9.5, color="#555555")
        axes = list(part.subplots(lines, width, squeeze=False).flat)
        for panel, axis in zip(panels, axes, strict=False):
            _draw(axis, panel, prefix, records)
        for axis in axes[len(panels) :]:
            axis.set_axis_off()
    return figure


def _draw(axis: Axes, panel: Panel, prefix: str, records: Records) -> None:
    everything: list[float] = []
    for (name, label), ink in zip(panel.names.items(), (INK, SECOND), strict=False):
        points = [(record["step"], record[prefix + name]) for record in records if prefix + name in record]
        marker = "o" if len(points) <= SPARSE else ""
        steps, values = zip(*points, strict=True) if points else ((), ())
        axis.plot(steps, values, color=ink, linewidth=1.0, marker=marker, markersize=2.5, label=label)
        everything += values
    if panel.guide is not None:
        axis.axhline(panel.guide, color="#888888", linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    _scale(axis, panel, everything)
    axis.set_title(panel.title, fontsize=9)
    axis.set_xlabel("step", fontsize=8)
    axis.tick_params(labelsize=7.5, length=2.5, color="#888888")
    axis.grid(alpha=0.25, linewidth=0.6)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color("#888888")
    if len(panel.names) > 1:
        axis.legend(frameon=False, fontsize=7.5)


def _scale(axis: Axes, panel: Panel, values: list[float]) -> None:
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    if panel.scale == "share":
        axis.set_ylim(-0.03, 1.03)
    elif panel.scale == "symlog":
        axis.set_yscale("symlog", linthresh=1)
        axis.set_ylim(min(-1.0, 1.5 * low), max(1.0, 1.5 * high))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    elif low > 0 and (panel.scale == "log" or (panel.scale == "auto" and math.log10(high / low) > DECADES)):
        axis.set_yscale("log")
        axis.set_ylim(*(10.0 ** end(math.log10(x)) for end, x in ((math.floor, low), (math.ceil, 1.01 * high))))
    elif panel.guide is not None:
        low, high = min(low, panel.guide - 0.05), max(high, panel.guide + 0.05)
        axis.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    axis.yaxis.set_minor_locator(NullLocator())
