"""A sweep as a picture: its figures against the field that varies most."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from matchzoo.core.declaration.overrides import in_words
from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.figures import Figure
from matchzoo.recipes.sweeps.axes import in_short, short_names
from matchzoo.recipes.sweeps.settings import Setting

WIDE = 10.0
"""Ratio of the largest and the smallest of positive values from which on their axis is logarithmic."""


def draw(settings: Sequence[Setting], figures: Sequence[Figure]) -> Picture:
    """A panel a figure: means of the settings with bars of a standard error, against the values of the field that
    varies most; a line for each combination of the others.

    Raises:
        MatchZooError: no run has a figure.
    """
    if not figures:
        raise MatchZooError("sweep: none of its runs has a figure, so there is nothing to draw")
    paths = list(dict.fromkeys(path for setting in settings for path in setting.values))
    path = max(paths, key=lambda one: len(_values(settings, one)), default=None)
    picture = Picture(figsize=(4.4 * len(figures), 3.6), dpi=120, layout="constrained")
    axes: list[Axes] = list(picture.subplots(1, len(figures), squeeze=False)[0])
    for axis, figure in zip(axes, figures, strict=True):
        _panel(axis, settings, figure, path)
        axis.set_title(figure.title, fontsize=9)
        axis.grid(alpha=0.25)
    if len(paths) > 1:
        axes[0].legend(fontsize=7)
    return picture


def _panel(axis: Axes, settings: Sequence[Setting], figure: Figure, path: str | None) -> None:
    values = _values(settings, path)
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    places = values if numeric else list(range(len(values)))
    lines: dict[str, list[tuple[Any, float, float]]] = {}
    for setting in settings:
        summary = setting.summary(figure)
        if summary is not None:
            others = {name: value for name, value in setting.values.items() if name != path}
            x = places[values.index(_value(setting.values, path))]
            lines.setdefault(in_short(others), []).append((x, summary[0], summary[1] or 0.0))
    for label, line in lines.items():
        x, means, errors = zip(*sorted(line), strict=True)
        axis.errorbar(x, means, errors, marker="o", markersize=4, linewidth=1, capsize=2, label=label)

    if not numeric:
        axis.set_xticks(places, [in_words(value)[:24] for value in values], fontsize=7)
    elif min(values) > 0 and max(values) / min(values) >= WIDE:
        axis.set_xscale("log")
    axis.set_xlabel("" if path is None else short_names([path])[path])


def _values(settings: Sequence[Setting], path: str | None) -> list[Any]:
    values: list[Any] = []
    for setting in settings:
        value = _value(setting.values, path)
        if value not in values:
            values.append(value)
    return values


def _value(values: Mapping[str, Any], path: str | None) -> Any:
    return "" if path is None else values.get(path)
