"""Figures of images and points."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import torch
from matplotlib.figure import Figure

from matchzoo.core.samples import class_indices
from matchzoo.core.showing.curves import INK

COLUMNS = 10
"""Images a row of a picture."""
POINTS = 2000
"""Points of a scatter."""
PROJECTED = 500
"""Points that are shown in a projected space."""
T = TypeVar("T")


def spread(snapshots: list[tuple[int, T]], count: int) -> list[tuple[int, T]]:
    """At most ``count`` of the snapshots, evenly, first and last among them."""
    if len(snapshots) <= count:
        return snapshots
    return [snapshots[round(i * (len(snapshots) - 1) / (count - 1))] for i in range(count)]


def first_of_classes(labels: torch.Tensor) -> torch.Tensor:
    """Rows [k]: the first sample of every class, for the first `COLUMNS` classes of labels [n] or [n, classes]."""
    labels = class_indices(labels)
    classes = labels.unique()[:COLUMNS]
    return (labels == classes[:, None]).int().argmax(1)


def image_rows(rows: list[tuple[str, torch.Tensor]], class_names: tuple[str, ...]) -> Figure:
    """Named rows of images [k, c, h, w] in [0, 1], class names above the first."""
    columns = max(min(len(images), COLUMNS) for _, images in rows)
    figure = Figure(figsize=(1.0 * columns + 1.3, 1.0 * len(rows) + 0.4), dpi=120, layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, images) in zip(axes, rows, strict=True):
        for column, axis in enumerate(line):
            axis.set_xticks([])
            axis.set_yticks([])
            for spine in axis.spines.values():
                spine.set_visible(False)
            if column < len(images):
                pixels = images[column].clamp(0, 1).permute(1, 2, 0)
                axis.imshow(pixels.expand(-1, -1, 3).numpy(), interpolation="nearest")
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=11)
    for axis, title in zip(axes[0], class_names, strict=False):
        axis.set_title(title if len(title) <= 11 else title[:10] + "…", fontsize=11, parse_math=False)
    return figure


def scatter(panels: list[tuple[str, torch.Tensor]], real: torch.Tensor) -> Figure:
    """Named panels of points [n, 2], each over the real points."""
    figure = Figure(figsize=(1.7 * len(panels), 1.95), dpi=200, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    reach = 1.6 * real.abs().max().item()
    for axis, (name, points) in zip(axes, panels, strict=True):
        axis.scatter(*real.T.numpy(), s=1, c="#bbbbbb", linewidths=0, label="real")
        axis.scatter(*points.T.numpy(), s=1, c=INK, linewidths=0, label=name)
        axis.set_xlim(-reach, reach)
        axis.set_ylim(-reach, reach)
        axis.set_aspect("equal")
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=8.5)
        axis.locator_params(nbins=4)
    return figure


def plane(points: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """From points [n, d] to the plane: as they are for d = 2, else the first two principal axes of ``points``."""
    if points.shape[1] == 2:
        return lambda x: x
    mean = points.float().mean(0)
    axes = torch.linalg.svd(points.float() - mean, full_matrices=False).Vh[:2].T
    return lambda x: torch.nn.functional.pad((x.float() - mean) @ axes, (0, 2 - axes.shape[1]))


def projections(
    moments: list[tuple[int, dict[str, torch.Tensor]]],
    flat: Callable[[torch.Tensor], torch.Tensor],
    real: torch.Tensor,
) -> Figure:
    """Above the samples [n, d] over the real points [m, d], below both in the projected space of that moment."""
    figure = Figure(figsize=(3.0 * len(moments), 6.2), dpi=100, layout="constrained")
    axes = figure.subplots(2, len(moments), squeeze=False)
    for (number, tensors), above, below in zip(moments, axes[0], axes[1], strict=True):
        positions = plane(torch.cat([tensors["projected"], tensors["projected_real"]]).cpu())
        pairs = (
            (above, flat(real)[:PROJECTED], flat(tensors["samples"].cpu())[:PROJECTED]),
            (below, positions(tensors["projected_real"].cpu()), positions(tensors["projected"].cpu())),
        )
        for axis, behind, before in pairs:
            axis.scatter(*behind.T.numpy(), s=3, c="#bbbbbb", linewidths=0)
            axis.scatter(*before.T.numpy(), s=3, c=INK, linewidths=0)
            axis.tick_params(labelsize=7)
        above.set_aspect("equal")
        above.set_title(f"step {number}", fontsize=9)
    axes[0][0].set_ylabel("samples", fontsize=9)
    axes[1][0].set_ylabel("projected", fontsize=9)
    return figure


def image_grid(images: torch.Tensor) -> Figure:
    """Images [n, c, h, w] in [0, 1], `COLUMNS` a row."""
    rows = [("", some) for some in images.split(COLUMNS)]
    return image_rows(rows, ())


def heat_maps(panels: Sequence[tuple[str, Sequence[str], torch.Tensor, int]]) -> Figure:
    """Titled matrices [k, k] of similarities from -1 to 1, with their numbers and the names of rows and columns, and
    lines after the first so many of these."""
    figure = Figure(figsize=(3.9 * len(panels), 3.6), dpi=120, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, names, matrix, first) in zip(axes, panels, strict=True):
        axis.imshow(matrix.numpy(), vmin=-1, vmax=1, cmap="RdBu")
        for (row, column), value in np.ndenumerate(matrix.numpy()):
            ink = "white" if abs(value) > 0.6 else "black"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=ink)
        axis.axhline(first - 0.5, color="black", linewidth=1.5)
        axis.axvline(first - 0.5, color="black", linewidth=1.5)
        axis.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=8)
        axis.set_yticks(range(len(names)), names, fontsize=8)
        axis.set_title(title, fontsize=9)
    return figure
