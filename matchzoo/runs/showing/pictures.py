"""Pictures of a run: what came of it beside what is real, how it grew, and its curves."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from matplotlib.figure import Figure
from safetensors.torch import load_file

from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.showing.curves import curves
from matchzoo.core.showing.figures import (
    COLUMNS,
    POINTS,
    PROJECTED,
    first_of_classes,
    image_grid,
    image_rows,
    plane,
    projections,
    scatter,
    spread,
)
from matchzoo.core.step import Step
from matchzoo.core.storage import files
from matchzoo.data import Data
from matchzoo.data.views import Views
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.generators import Generator, Selection
from matchzoo.generators.selectors.nearest import nearest_rows
from matchzoo.projectors import Projector
from matchzoo.training.features import collect

ROWS = 13
"""Rows of a picture of growth."""


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
    parts, generator = trained.parts, trained.parts.generator
    if generator is None:
        return
    if parts.spec.is_images and generator.count is not None:
        samples = generator.sample()
        assert samples.labels is not None  # a finite set of images has classes
        labels = class_indices(samples.labels.cpu())
        names = tuple(parts.spec.class_names[label] for label in labels[first_of_classes(labels)])
        if isinstance(generator, Selection):
            images = samples.values[first_of_classes(labels)].float().cpu()
            _save(image_rows([("chosen", images)], names), pictures / "chosen.png")
        else:
            synthetic, nearest = beside_nearest(trained)
            _save(image_rows([("distilled", synthetic), ("nearest real", nearest)], names), pictures / "distilled.png")
        if snapshots:
            chosen = spread(snapshots, ROWS)
            _save(image_rows([(f"step {n}", x.float() / 255) for n, x in chosen], names), pictures / "growth.png")
    elif parts.spec.is_images:
        _save(image_grid(generator.sample(COLUMNS**2).values.float().cpu()), pictures / "samples.png")
        if snapshots:
            chosen = spread(snapshots, ROWS)
            _save(image_rows([(f"step {n}", x.float() / 255) for n, x in chosen], ()), pictures / "growth.png")
    elif len(parts.spec.shape) == 1:
        real = real_points(parts.data)
        generated = generator.standardized_sample(POINTS).values.cpu()
        flat = plane(real)
        _save(scatter([("generated", flat(generated))], flat(real)), pictures / "samples.png")
        if snapshots:
            chosen = spread(snapshots, 5)
            _save(scatter([(f"step {n}", flat(x)) for n, x in chosen], flat(real)), pictures / "growth.png")
        spaces = [(number, tensors) for number, tensors in stored if "projected" in tensors]
        if spaces:
            _save(projections(spread(spaces, 5), flat, real), pictures / "projected.png")


def write_evaluated(folder: Path, evaluations: Sequence[Evaluation], results: Sequence[Record]) -> None:
    """The pictures of evaluations that have one, each under `name_of`."""
    for number, evaluation in enumerate(evaluations):
        records = [record for record in results if record["number"] == number]
        figure = evaluation.picture(records) if records else None
        if figure is not None:
            _save(figure, folder / "pictures" / name_of(evaluation, number))


def name_of(evaluation: Evaluation, number: int) -> str:
    """The file of the picture of an evaluation, which is the run's ``number``-th."""
    return f"{evaluation.kind}-{number}.png"


def snapshot(generator: Generator, projector: Projector | None, data: Data, images: bool) -> dict[str, torch.Tensor]:
    """What a picture of growth needs of a moment.

    ``samples``: the first image of each class, with their classes as ``labels``, or a few images (uint8), or points.
    ``projected`` and ``projected_real``: points in the space of a projector that moves, if given.
    """
    drawn = generator.standardized_sample(None if generator.count is not None else COLUMNS if images else POINTS)
    samples = drawn.values
    if images:
        tensors = {}
        if drawn.labels is not None:
            rows = first_of_classes(drawn.labels)
            samples, tensors["labels"] = samples[rows], class_indices(drawn.labels)[rows]
        return tensors | {"samples": (samples[:COLUMNS].clamp(0, 1) * 255).round().to(torch.uint8)}
    tensors = {"samples": samples}
    if projector is not None:
        projector.eval()
        with torch.no_grad():
            real = data.render(torch.arange(min(PROJECTED, len(data.training_set)))).values.to(samples)
            tensors |= {"projected": projector.project(samples[:PROJECTED]), "projected_real": projector.project(real)}
        projector.train()
    return tensors


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
    synthetic = parts.require_generator().sample()
    assert synthetic.labels is not None
    synthetic = synthetic.rows(first_of_classes(synthetic.labels))
    with torch.no_grad():
        queries = synthetic.with_values(projector.project(views.plain(synthetic.values)))
    features: Samples = collect(parts.data.training_set, projector, views, 0, Step(0, 0), engine)
    rows = nearest_rows(queries, features)
    training = parts.data.training_set
    real = training.render(rows.cpu()).values
    return synthetic.values.float().cpu(), real.float().cpu()


def _save(figure: Figure, path: Path) -> None:
    files.write_with(path, lambda temporary: figure.savefig(temporary))
