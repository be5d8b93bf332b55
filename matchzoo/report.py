"""Pictures of a run: what came of it beside what is real, how it grew, and its curves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from matplotlib.figure import Figure
from safetensors.torch import load_file

from matchzoo import files
from matchzoo.data import Data
from matchzoo.data.features import collect
from matchzoo.evaluation.baselines import nearest_rows
from matchzoo.evaluation.evaluation import Trained
from matchzoo.generators import Generator, Selection
from matchzoo.projectors import Projector
from matchzoo.report_curves import INK, curves
from matchzoo.samples import Samples, class_indices
from matchzoo.step import Step
from matchzoo.views import Views

COLUMNS = 10
"""Images a row of a picture."""
POINTS = 2000
"""Points of a scatter."""
ROWS = 13
"""Rows of a picture of growth."""
PROJECTED = 500
"""Points that are shown in a projected space."""
T = TypeVar("T")


def write(folder: Path, trained: Trained) -> None:
    """All pictures of a run, under ``pictures/``."""
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    stored = [
        (int(path.stem.removeprefix("step-")), load_file(path))
        for path in sorted((folder / "snapshots").glob("step-*.safetensors"))
    ]
    snapshots = [(number, tensors["samples"]) for number, tensors in stored]
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    if records:
        _save(curves(records), pictures / "curves.png")
    if trained.parts.facts.is_images and trained.parts.generator.count is not None:
        samples = trained.parts.generator.sample()
        assert samples.labels is not None  # a finite set of images has classes
        labels = class_indices(samples.labels.cpu())
        names = tuple(trained.parts.facts.class_names[label] for label in labels[first_of_classes(labels)])
        if isinstance(trained.parts.generator, Selection):
            images = samples.values[first_of_classes(labels)].float().cpu()
            _save(image_rows([("chosen", images)], names), pictures / "chosen.png")
        else:
            synthetic, nearest = beside_nearest(trained)
            _save(image_rows([("distilled", synthetic), ("nearest real", nearest)], names), pictures / "distilled.png")
        if snapshots:
            chosen = spread(snapshots, ROWS)
            _save(image_rows([(f"step {n}", x.float() / 255) for n, x in chosen], names), pictures / "growth.png")
    elif trained.parts.facts.is_images:
        _save(image_grid(trained.parts.generator.sample(COLUMNS**2).values.float().cpu()), pictures / "samples.png")
        if snapshots:
            chosen = spread(snapshots, ROWS)
            _save(image_rows([(f"step {n}", x.float() / 255) for n, x in chosen], ()), pictures / "growth.png")
    elif len(trained.parts.facts.shape) == 1:
        real = real_points(trained.parts.data)
        generated = trained.parts.generator.sample(POINTS).values.cpu()
        flat = plane(real)
        _save(scatter([("generated", flat(generated))], flat(real)), pictures / "samples.png")
        if snapshots:
            chosen = spread(snapshots, 5)
            _save(scatter([(f"step {n}", flat(x)) for n, x in chosen], flat(real)), pictures / "growth.png")
        spaces = [(number, tensors) for number, tensors in stored if "projected" in tensors]
        if spaces:
            _save(projections(spread(spaces, 5), flat, real), pictures / "projected.png")


def snapshot(generator: Generator, projector: Projector | None, data: Data, images: bool) -> dict[str, torch.Tensor]:
    """What a picture of growth needs of a moment.

    ``samples``: the first image of each class, with their classes as ``labels``, or a few images (uint8), or points.
    ``projected`` and ``projected_real``: points in the space of a projector that moves, if given.
    """
    drawn = generator.sample(None if generator.count is not None else COLUMNS if images else POINTS)
    samples = drawn.values
    if images:
        found = {}
        if drawn.labels is not None:
            rows = first_of_classes(drawn.labels)
            samples, found["labels"] = samples[rows], class_indices(drawn.labels)[rows]
        return found | {"samples": (samples[:COLUMNS].clamp(0, 1) * 255).round().to(torch.uint8)}
    found = {"samples": samples}
    if projector is not None:
        projector.eval()
        with torch.no_grad():
            real = data.render(torch.arange(min(PROJECTED, len(data.training_set)))).values.to(samples)
            found |= {"projected": projector.project(samples[:PROJECTED]), "projected_real": projector.project(real)}
        projector.train()
    return found


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


def real_points(data: Data) -> torch.Tensor:
    """The first `POINTS` real training points [n, d], on the CPU."""
    training = data.training_set
    return training.gather(torch.arange(min(POINTS, len(training)))).cpu()


def beside_nearest(trained: Trained) -> tuple[torch.Tensor, torch.Tensor]:
    """The first synthetic image of every class [k, 3, h, w] and, for each, the real training image of its class whose
    features have the largest cosine with its own."""
    parts, engine = trained.parts, trained.engine
    projector: Projector = parts.projector
    views = (parts.views or Views()).without_noise()
    synthetic = parts.generator.sample()
    assert synthetic.labels is not None
    synthetic = synthetic.rows(first_of_classes(synthetic.labels))
    with torch.no_grad():
        queries = synthetic.with_values(projector.project(views.plain(synthetic.values)))
    features: Samples = collect(parts.data.training_set, projector, views, 0, Step(0, 0), engine)
    rows = nearest_rows(queries, features)
    training = parts.data.training_set
    real = training.render(rows.cpu()).values
    return synthetic.values.float().cpu(), real.float().cpu()


def image_rows(rows: list[tuple[str, torch.Tensor]], class_names: tuple[str, ...]) -> Figure:
    """Named rows of images [k, c, h, w] in [0, 1], class names above the first."""
    columns = max(min(len(images), COLUMNS) for _, images in rows)
    figure = Figure(figsize=(1.0 * columns + 1.1, 1.0 * len(rows) + 0.35), dpi=120, layout="constrained")
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
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    for axis, title in zip(axes[0], class_names, strict=False):
        axis.set_title(title if len(title) <= 14 else title[:13] + "…", fontsize=9, parse_math=False)
    return figure


def scatter(panels: list[tuple[str, torch.Tensor]], real: torch.Tensor) -> Figure:
    """Named panels of points [n, 2], each over the real points."""
    figure = Figure(figsize=(3.2 * len(panels), 3.3), dpi=120, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    reach = 1.6 * real.abs().max().item()
    for axis, (name, points) in zip(axes, panels, strict=True):
        axis.scatter(*real.T.numpy(), s=2, c="#bbbbbb", linewidths=0, label="real")
        axis.scatter(*points.T.numpy(), s=2, c=INK, linewidths=0, label=name)
        axis.set_xlim(-reach, reach)
        axis.set_ylim(-reach, reach)
        axis.set_aspect("equal")
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=7)
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
        own = plane(torch.cat([tensors["projected"], tensors["projected_real"]]).cpu())
        pairs = (
            (above, flat(real)[:PROJECTED], flat(tensors["samples"].cpu())[:PROJECTED]),
            (below, own(tensors["projected_real"].cpu()), own(tensors["projected"].cpu())),
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


def _save(figure: Figure, path: Path) -> None:
    files.write_with(path, lambda temporary: figure.savefig(temporary))
