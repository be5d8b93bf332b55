"""A look-alike of linear gradient matching that compares gradients of *pixels*, and what comes of it.

python benchmarks/input_gradient.py        (20 minutes of a thread of a busy machine; needs matchzoo-torch[quickstart])

Draws docs/pictures/input-gradient.png: how well the statistic of one real batch agrees with that of another, and the
images that each statistic leads to after the same steps from the same start. Prints the numbers of docs/lgm.md.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Digits
from matchzoo.matchers.statistics import Statistic
from matchzoo.matchers.statistics.class_means import class_means
from matchzoo.matchers.statistics.gradients.head_gradient import head_gradient
from matchzoo.projectors import Backbone, Projector
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.run import Run

PICTURE = Path(__file__).parent.parent / "docs/pictures/input-gradient.png"
SIZES = (1, 2, 5, 10, 20, 40)
"""Real images per class in each of the two batches that are compared."""
STD = 0.01


# --8<-- [start:statistic]
def input_gradient(network: Any, x: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Mean over each class of d(cross-entropy)/d(pixels), [c, pixels], for a head [c, d] over a network's features."""
    moves = x.requires_grad  # synthetic images: their gradient is differentiated once more
    with torch.enable_grad():
        x = x if moves else x.detach().requires_grad_()
        loss = F.cross_entropy(network(x) @ weight.T, labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x, create_graph=moves)
    return class_means(gradient.flatten(1), labels, len(weight))


@declare("input-gradient")
class InputGradient(Statistic):
    """`input_gradient` under a random head of the projector that is called ``backbone``."""

    def build(self, spec: Spec) -> None:
        """Take shape and classes."""
        self.shape, self.classes = spec.shape, spec.classes or 0

    def bind(self, projectors: Mapping[str, Projector]) -> None:
        """Take the backbone."""
        self.backbone = (projectors["backbone"],)

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The mean gradients [c, pixels]."""
        assert samples.labels is not None
        weight = torch.randn(self.classes, 1280, generator=step.rng("head")) * STD
        return input_gradient(self.backbone[0].project, samples.values.unflatten(1, self.shape), samples.labels, weight)


# --8<-- [end:statistic]


def recipe(statistic: str, steps: int) -> Recipe:
    """The quick start's recipe for a statistic, with a fresh balanced batch of ten real views a class every step."""
    space = "backbone" if statistic == "head-gradient" else "images"
    term = {"kind": "statistic", "space": space, "statistic": statistic, "distance": "cosine"}
    table = {
        "schema": 2,
        "data": {"kind": "digits", "size": 64, "sampling": "balanced"},
        "generator": {"kind": "pyramid", "images_per_class": 1, "grow_every": steps // 8},
        "projectors": {
            "backbone": {"kind": "backbone", "card": "efficientnet-lite0"},
            "images": {"kind": "identity"},
        },
        "views": {"copies": 3, "crop": {"scale": [0.5, 1.0]}},
        "players": {
            "generator": {
                "moves": ["generator"],
                "optimizer": {"kind": "adam", "lr": 3e-2},
                "minimize": [term],
            }
        },
        "trainer": {"steps": steps, "real_batch": 100, "log_every": 10},
        "evaluation": [{"kind": "linear-probe", "baselines": []}],
    }
    return structure(table, Recipe)


def agreement(repeats: int = 5) -> dict[str, list[tuple[float, float]]]:
    """Mean and standard deviation of the cosine between the statistics of two real batches, for every batch size."""
    train = Digits(size=64).load().train
    backbone = Backbone(card="efficientnet-lite0")
    backbone.build(Spec(shape=(3, 64, 64), classes=10))
    found: dict[str, list[tuple[float, float]]] = {"head-gradient": [], "input-gradient": []}
    for size in SIZES:
        cosines: dict[str, list[float]] = {name: [] for name in found}
        for repeat in range(repeats):
            step = Step(repeat, 0)
            weight = torch.randn(10, 1280, generator=step.rng("head")) * STD
            of_class = [torch.nonzero(train.labels == c).flatten() for c in range(10)]
            drawn = [rows[torch.randperm(len(rows), generator=step.rng("rows", size))] for rows in of_class]
            sides = []
            for first in (0, size):
                batch = train.render(torch.cat([rows[first : first + size] for rows in drawn]))
                x, y = batch.values, batch.labels
                with torch.no_grad():
                    head = head_gradient(backbone.project(x), y, weight, torch.zeros(10))
                pixels = input_gradient(backbone.project, x, y, weight).detach()
                sides.append({"head-gradient": head, "input-gradient": pixels})
            for name, values in cosines.items():
                a, b = (side[name].flatten() for side in sides)
                values.append(F.cosine_similarity(a, b, dim=0).item())
        for name, values in cosines.items():
            spread = torch.tensor(values)
            found[name].append((spread.mean().item(), spread.std().item()))
    return found


def picture(agreements: dict[str, list[tuple[float, float]]], runs: dict[str, Run]) -> Figure:
    """The agreement of two real batches on the left, the images of each statistic on the right."""
    names = {"head-gradient": "of the head's weights", "input-gradient": "of the pixels"}
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 2.1))
    axes = left.subplots()
    for name, points in agreements.items():
        means, spreads = zip(*points, strict=True)
        axes.errorbar(SIZES, means, spreads, marker="o", capsize=3, label=names[name])
    axes.set(xscale="log", xlabel="real images per class in each batch", ylabel="cosine of two real batches")
    axes.set(ylim=(-0.05, 1.05), xticks=SIZES, xticklabels=SIZES)
    axes.minorticks_off()
    left.legend(loc="outside upper center", title="gradient", ncols=2, fontsize=8)
    for row, (name, run) in zip(right.subfigures(len(runs), 1), runs.items(), strict=True):
        row.suptitle(f"gradient {names[name]}: {top1(run):.1f} % of unseen digits", fontsize=11)
        for axis, image in zip(row.subplots(1, 10), run.distilled.images, strict=True):
            axis.imshow(image.permute(1, 2, 0).numpy())
            axis.set(xticks=[], yticks=[])
    return figure


def top1(run: Run) -> float:
    """Accuracy in percent of a probe on the images, in the backbone's space."""
    return next(r["top1_mean"] for r in run.metrics["results"] if r["space"] == "backbone")


def main() -> None:
    """Measure, train, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--output", type=Path, default=Path("runs/input-gradient"))
    options = parser.parse_args()
    agreements = agreement()
    for name, points in agreements.items():
        print(name, " ".join(f"{n}: {m:.3f} ± {s:.3f}" for n, (m, s) in zip(SIZES, points, strict=True)), flush=True)
    runs = {}
    for name in agreements:
        runs[name] = recipe(name, options.steps).run(options.output / name)
        last = runs[name].metrics["last"]
        print(name, f"{top1(runs[name]):.1f} %", f"{runs[name].metrics['seconds']} s", last, flush=True)
    picture(agreements, runs).savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
