"""The files of ``matchzoo transport``: the map, the plan, diagnostics and a picture."""

import csv
import functools
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from matchzoo.cli.tables.reading import plane
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.core.storage.number_tables import Numbers
from matchzoo.models.transport import BlockwisePlan, Plan

ROWS = 150
"""Rows of the source whose lines and arrows are drawn, at most."""
POINTS = 2000
"""Rows of each table that are drawn, at most."""
INK = ("#1f4e79", "#c55a11")


def write(
    folder: Path,
    source: Numbers,
    target: Numbers,
    plan: Plan | BlockwisePlan,
    images: np.ndarray,
    results: Mapping[str, Any],
) -> list[Path]:
    """Write all of it; returns the paths. Rows are those of the tables' files: those that were left out have no image
    (map.csv) and no mass (plan.npy).

    Args:
        folder: made if it is not there.
        source: the table that is moved.
        target: where to.
        plan: between their rows.
        images: of the source's rows [n, d], in the target's units.
        results: for diagnostics.json.
    """
    partners, strongest = plan.partners.numpy(), plan.partner_shares.double().numpy()
    rows_of_file = target.rows if len(target.rows) else np.arange(len(target.values))
    columns = [rows_of_file[partners] + 1.0, strongest, *images.T]
    whole = np.stack([source.in_rows_of_file(column) for column in columns], 1)
    paths = [folder / name for name in ("map.csv", "diagnostics.json", "transport.png")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row of the target", "share", *results["columns"]])
    writer.writerows([int(row[0]), *row[1:]] if row[0] == row[0] else [""] * len(row) for row in whole.tolist())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(paths[0], text.getvalue())
        files.write_json(paths[1], dict(results))
        figure = draw(source.values, target.values, results["columns"], plan, images)
        files.write_with(paths[2], lambda path: figure.savefig(path, dpi=120))
        if isinstance(plan, Plan):
            paths.append(folder / "plan.npy")
            held = np.zeros((source.count or len(source.values), target.count or len(target.values)))
            held[np.ix_(source.rows if len(source.rows) else np.arange(len(images)), rows_of_file)] = plan.coupling
            files.write_with(paths[-1], functools.partial(np.save, arr=held))
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be written ({error.strerror}); give another with --output") from None
    return paths


def draw(
    source: np.ndarray, target: np.ndarray, names: Sequence[str], plan: Plan | BlockwisePlan, images: np.ndarray
) -> Figure:
    """Left, the plan: a line for each pair, the darker the more mass; right, the map: an arrow for each row.

    One column is drawn as the map's graph; two are both axes; of more, the first two principal components are.

    Args:
        source: [n, d].
        target: [m, d].
        names: of the columns.
        plan: between their rows.
        images: of the source's rows [n, d].
    """
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    rng = np.random.default_rng(0)
    some = np.sort(rng.permutation(len(source))[:ROWS])
    if source.shape[1] == 1:
        axes = figure.subplots()
        order = np.argsort(source[:, 0])
        axes.plot(source[order, 0], images[order, 0], ".-", color=INK[0], markersize=4, linewidth=0.8)
        axes.set(xlabel=f"{names[0]}, source", ylabel=f"{names[0]}, where it goes")
        return figure

    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    pooled = np.concatenate([source, target])
    (x, y, mapped), labels = plane([source, target, images], names, pooled)
    coupling = plan.rows(torch.as_tensor(some)).double().numpy()
    pairs = [(i, j) for i, row in enumerate(coupling) for j in np.argsort(row)[::-1][:10] if row[j] > 0.02 * row.sum()]
    lines = LineCollection(
        [(x[some[i]], y[j]) for i, j in pairs],
        colors=[(0.3, 0.3, 0.3, max(0.06, 0.8 * coupling[i, j] / coupling[i].sum())) for i, j in pairs],
        linewidths=0.7,
    )
    left.add_collection(lines)
    steps = mapped[some] - x[some]
    right.quiver(*x[some].T, *steps.T, angles="xy", scale_units="xy", scale=1, width=0.003, color=(0.3, 0.3, 0.3, 0.7))
    for axes, title in ((left, "plan"), (right, "map")):
        for points, ink, label in zip((x, y), INK, ("source", "target"), strict=True):
            shown = points[rng.permutation(len(points))[:POINTS]]
            axes.scatter(*shown.T, s=9, color=ink, linewidths=0, label=label, zorder=3, alpha=0.85)
        axes.set(title=title, xlabel=labels[0])
    left.set(ylabel=labels[1])
    left.legend(frameon=False, fontsize=9)
    return figure
