"""The files of ``matchzoo ratio``: values, diagnostics and a picture."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from matchzoo.cli.tables.reading import plane
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.core.storage.number_tables import Numbers
from matchzoo.ratios import Ratio

LARGEST = 1e30
"""End of the axis of ratios, at most."""
POINTS = 5000
"""Rows of each table in a picture, at most."""
INK = ("#1f4e79", "#c55a11")


def write(
    folder: Path,
    numerator: Numbers,
    denominator: Numbers,
    ratio: Ratio,
    everywhere: bool,
    found: dict[str, Any],
) -> list[Path]:
    """Write all of it; returns the paths. Values are in the rows of the tables' files: none (in CSV) or NaN (in npy)
    where a row was left out, and inf where they are not finite.

    Args:
        folder: made if it is not there.
        numerator: the table of p.
        denominator: that of q.
        ratio: as it was estimated from the two.
        everywhere: whether it has values at the numerator's rows.
        found: what ``diagnostics.json`` says, figures that are not finite as None.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sides = {"denominator": ratio.denominator.numpy()}
        if everywhere:
            sides["numerator"] = ratio.numerator.numpy()
        written = []
        for name, values in sides.items():
            values = (numerator if name == "numerator" else denominator).in_rows_of_file(values)
            text = "ratio\n" + "".join("\n" if value != value else f"{value!r}\n" for value in values.tolist())
            files.write_text(folder / f"{name}.csv", text)
            files.write_with(folder / f"{name}.npy", functools.partial(np.save, arr=values))
            written += [folder / f"{name}.csv", folder / f"{name}.npy"]
        files.write_json(folder / "diagnostics.json", found)
        figure = draw(numerator.values, denominator.values, found["columns"], sides)
        files.write_with(folder / "ratio.png", lambda path: figure.savefig(path, dpi=120))
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be written ({error.strerror}); give another with --output") from None
    return [*written, folder / "diagnostics.json", folder / "ratio.png"]


def draw(numerator: np.ndarray, denominator: np.ndarray, names: Sequence[str], sides: dict[str, np.ndarray]) -> Figure:
    """Left, how the ratio is distributed at the rows of either table; right, where it is large.

    One column is the horizontal axis, two are both axes; of more, the first two principal components are. Ratios that
    are not finite are drawn as the largest that is.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    largest = max(values.max(initial=1.0, where=np.isfinite(values)) for values in sides.values())
    low, high = 1e-3, min(largest, LARGEST) * 1.1
    sides = {name: np.nan_to_num(values, nan=1.0, posinf=high) for name, values in sides.items()}
    bins = np.geomspace(low, high, 50)
    for (name, values), ink in zip(sides.items(), INK, strict=False):
        weights = np.full(len(values), 1 / len(values))
        left.hist(values.clip(low, high), bins, weights=weights, histtype="step", color=ink, label=f"at the {name}")
    left.axvline(1, color="gray", linewidth=0.8)
    left.set(xscale="log", xlabel="ratio (those below 0.001 in the first bar)", ylabel="share of rows")
    left.legend(frameon=False)
    values = sides["denominator"]
    some = np.random.default_rng(0).permutation(len(denominator))[:POINTS]
    if denominator.shape[1] == 1:
        right.plot(denominator[some, 0], values[some], ".", markersize=3, color=INK[0])
        right.set(xlabel=names[0], ylabel="ratio at the denominator")
        return figure
    [shown], labels = plane([denominator], names, np.concatenate([numerator, denominator]))
    color = np.log10(values[some].clip(low, high))
    drawn = right.scatter(shown[some, 0], shown[some, 1], s=6, c=color, cmap="viridis", linewidths=0)
    right.set(xlabel=labels[0], ylabel=labels[1], title="rows of the denominator")
    figure.colorbar(drawn, ax=right, label="log10 of the ratio")
    return figure
