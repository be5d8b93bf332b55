"""Linear gradient matching at the size of ImageNet, on random features and images: time and memory.

    python benchmarks/scale.py            measure what is missing (14 CPU minutes), then print the tables
    python benchmarks/scale.py table

*Features*: the real side of a step from 1.28 million cached features of 768 numbers in half precision, a file of 2 GB
that is mapped into memory (written under ``--output`` and deleted afterwards). The exact full-data gradient of a head
is compared with its two products of matrices, of the same blocks, in the precision in which ours computes.
*Line*: seconds of a step of class means on a ViT-Tiny at 32 pixels, for several numbers of classes, images per class
and views. *Images*: 1000 classes x 50 images are planned, and two steps of them are run. One thread; weights, features
and images are random. What was measured is in ``benchmarks/results/scale.json``.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from lgm_contenders import MODES, Ours, Setting, build, table_of, with_mode
from live import Live
from seeds import Results, command

from matchzoo.core.samples import Samples
from matchzoo.core.showing.text import markdown
from matchzoo.core.step import Step
from matchzoo.matchers.induced_probe import probe_loss
from matchzoo.matchers.reference import ClassMeans
from matchzoo.matchers.statistics import class_means, head_gradient, statistical_flow
from matchzoo.recipes.planning import plan

STORE = Results("scale")
COUNT, FEATURES, CLASSES = 1_280_000, 768, 1000
ROWS = 1024
"""Rows of a block of the two products, as `head_gradient` has them for 1000 classes."""
SLICES = 8
"""Parts of the features of which ours and the products are timed in turn."""
SETTING = Setting("vit_tiny_patch16_224", 32, features=192, data="noise", rows=2)
GRID = ((20, 2, 1), (40, 2, 1), (80, 2, 1), (20, 8, 1), (20, 2, 4), (40, 4, 2), (80, 4, 2), (40, 10, 3))
"""Classes, images per class and views."""
LARGE = (1000, 50, 1)
CHUNK = 250
"""Rows that have a graph at once."""


def mapped(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Random features [n, 768] in float16 of a file that is mapped into memory, and labels [n]."""
    path = folder / "features.float16"
    if not path.is_file():
        rng = np.random.default_rng(0)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as stream:
            for start in range(0, COUNT, 2**14):
                shape = (min(2**14, COUNT - start), FEATURES)
                stream.write(rng.standard_normal(shape, dtype=np.float32).astype(np.float16).tobytes())
        unfinished.rename(path)
    flat = torch.from_file(str(path), shared=False, size=COUNT * FEATURES, dtype=torch.float16)
    return flat.view(COUNT, FEATURES), torch.arange(COUNT) % CLASSES


def seconds_of(work: Callable[[], object]) -> float:
    """Processor time of some work in this thread."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def products(features: torch.Tensor, weight: torch.Tensor, residual: torch.Tensor) -> float:
    """Seconds of the two products of a head's gradient, Z Wᵀ and Rᵀ Z, over blocks of rows that are float32 already."""
    total = 0.0
    for start in range(0, len(features), ROWS):
        block = features[start : start + ROWS].float()
        total += seconds_of(lambda block=block: (block @ weight.T, residual[: len(block)].T @ block))
    return total


def of_features(row: str, features: torch.Tensor, labels: torch.Tensor) -> dict[str, Any]:
    """Seconds and peak bytes of the real side of a step, beside the two products for a head."""
    rng = torch.Generator().manual_seed(0)
    weight, bias = 0.01 * torch.randn(CLASSES, FEATURES, generator=rng), torch.zeros(CLASSES)
    probe = weight.T.clone().requires_grad_()
    work: dict[str, Callable[[torch.Tensor, torch.Tensor], Any]] = {
        "head gradient": lambda z, y: head_gradient(z, y, weight, bias),
        "class means": lambda z, y: class_means(z, y, CLASSES),
        "statistical flow": lambda z, y: statistical_flow(z, y, CLASSES),
        "class-means reference": lambda z, y: ClassMeans().keep(Samples(z, y), CLASSES),
        "linear probe (CLP), with its gradient": lambda z, y: torch.autograd.grad(
            probe_loss(z, y, probe, bias, 0.05), probe
        ),
    }
    own, matrix = [], []
    residual = torch.randn(ROWS, CLASSES, generator=rng) / COUNT
    with Live() as live:
        work[row](features[: COUNT // SLICES], labels[: COUNT // SLICES])
    for rows in torch.arange(COUNT).tensor_split(SLICES):
        some = slice(int(rows[0]), int(rows[-1]) + 1)
        own.append(seconds_of(lambda some=some: work[row](features[some], labels[some])))
        if row == "head gradient" or "probe" in row:
            matrix.append(products(features[some], weight, residual))
    return {"seconds": sum(own), "products": sum(matrix), "pairs": [own, matrix], "peak": live.whole}


FEATURE_ROWS = (
    "head gradient",
    "class means",
    "statistical flow",
    "class-means reference",
    "linear probe (CLP), with its gradient",
)


def learner_of(classes: int, images: int, views: int, folder: Path) -> Ours:
    """Our trainer on class means, its pyramid whole."""
    setting = attrs.evolve(SETTING, classes=classes, views=views)
    table = table_of(setting, folder, "cpu")
    table["generator"]["images_per_class"] = images
    mode = MODES["class means"]
    learner, parts = build(with_mode(table, mode), mode)
    assert isinstance(learner, Ours)
    learner.training.chunk = CHUNK
    learner.prepare()
    learner.training.before_step(Step(number_of(parts), 0))
    return learner


def number_of(parts: Any) -> int:
    """The number of a step at which the pyramid is whole."""
    return 50 * len(parts.generator.sizes) + 1


def of_step(classes: int, images: int, views: int, folder: Path, steps: int) -> dict[str, Any]:
    """Seconds of each step, and the most bytes that one makes and holds at once, images and optimizer left out."""
    learner = learner_of(classes, images, views, folder)
    number, seconds = number_of(learner.training.parts), []
    peak = 0
    for i in range(steps):
        with Live() as live:
            began = time.thread_time()
            learner.step(number + i)
            seconds.append(time.thread_time() - began)
        peak = live.whole
    return {"rows": classes * images * views, "seconds": seconds, "peak": peak}


def of_plan(folder: Path) -> dict[str, Any]:
    """What is planned of the large run."""
    classes, images, views = LARGE
    table = table_of(attrs.evolve(SETTING, classes=classes, views=views), folder, "cpu")
    table["generator"]["images_per_class"] = images
    recipe = with_mode(table, MODES["class means"]).replace(**{"trainer.chunk": CHUNK})
    planned = plan(recipe, alternatives=False)
    return {"seconds": planned.seconds, "bytes": planned.estimate.bytes, "memory": planned.memory}


def title(classes: int, images: int, views: int) -> str:
    """The row of a step."""
    return f"{classes} x {images} x {views}"


def measure(folder: Path) -> None:
    """What is not stored yet; the file of features is deleted when its rows are measured."""
    torch.set_num_threads(1)
    for _, row in STORE.missing((0,), FEATURE_ROWS):
        STORE.store(row, 0, of_features(row, *mapped(folder)))
    (folder / "features.float16").unlink(missing_ok=True)
    for _, row in STORE.missing((0,), [title(*cell) for cell in GRID]):
        classes, images, views = map(int, row.split(" x "))
        STORE.store(row, 0, of_step(classes, images, views, folder, steps=4))
    for _, row in STORE.missing((0,), ["plan", title(*LARGE)]):
        STORE.store(row, 0, of_plan(folder) if row == "plan" else of_step(*LARGE, folder, steps=2))
    shutil.rmtree(folder / "data", ignore_errors=True)


def fitted(cells: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Intercept and slope of the least-squares line through points, and the share of variance that it explains."""
    x, y = (np.array(values) for values in zip(*cells, strict=True))
    slope, intercept = np.polyfit(x, y, 1)
    residual = y - (intercept + slope * x)
    return float(intercept), float(slope), float(1 - residual.var() / y.var())


def table_of_features() -> None:
    """Seconds, memory, and times the two products."""
    lines = [("real side", "seconds", "two products of matrices, s", "ratio (median of slices)", "peak MiB")]
    for row in FEATURE_ROWS:
        for record in STORE.of(row, (0,)):
            own, matrix = record["pairs"]
            ratio = f"{statistics.median(a / b for a, b in zip(own, matrix, strict=True)):.2f}" if matrix else ""
            products_of = f"{record['products']:.1f}" if matrix else ""
            lines.append((row, f"{record['seconds']:.1f}", products_of, ratio, f"{record['peak'] / 2**20:.0f}"))
    print(markdown(lines))


def table_of_line() -> None:
    """Steps over classes x images x views, the line, and the large run."""
    lines, points = [("classes x images x views", "rows", "s a step", "peak MiB")], []
    for cell in (*GRID, LARGE):
        for record in STORE.of(title(*cell), (0,)):
            middle = min(record["seconds"][1:])
            if cell in GRID:
                points.append((record["rows"], middle))
            lines.append((title(*cell), str(record["rows"]), f"{middle:.2f}", f"{record['peak'] / 2**20:.0f}"))
    print(markdown(lines))
    if len(points) > 2:
        intercept, slope, share = fitted(points)
        large = intercept + slope * np.prod(LARGE)
        print(
            f"{1000 * intercept:.0f} ms + {1000 * slope:.2f} ms a row, R2 {share:.3f}; {title(*LARGE)}: {large:.0f} s"
        )
    for record in STORE.of("plan", (0,)):
        print(f"planned: {record['seconds']:.0f} s a step, {record['bytes'] / 2**20:.0f} MiB; {record['memory']}")


if __name__ == "__main__":
    command(__doc__, "scale", measure, table_of_features, table_of_line)
