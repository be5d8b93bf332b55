"""Contrastive learning, measured: pairs by night and by day, pairs that have to be found, and views of one image.

    python benchmarks/contrast.py            three seeds of each (13 CPU minutes on one thread); needs Fashion-MNIST
    python benchmarks/contrast.py table      the tables in Markdown
    python benchmarks/contrast.py figure     pairs of both data

Every run has its own folder under ``runs/benchmarks/contrast``; a stopped benchmark goes on where it was. The figures
are those of the last step. Results are in ``results/contrast-adverse.json`` and ``contrast-frames.json``.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from seeds import Results, folder_of, mean_and_error

from matchzoo import recipes
from matchzoo.core.step import Step

ADVERSE, FRAMES = Results("contrast-adverse"), Results("contrast-frames")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(3)
COUNT = 10
"""Pairs that the figure shows."""

TERM = {"kind": "info-nce", "sets": ["real", "day"], "space": ["embedding", "keys"], "temperature": 0.1}
COSINE = {"kind": "paired", "sets": ["real", "day"], "space": ["encoder", "source"], "distance": "cosine"}
CONDITIONS: dict[str, dict[str, Any]] = {
    "InfoNCE, queue": {},
    "InfoNCE, within the batch": {
        "players.encoder.minimize": [TERM],
        "players.embedding.minimize": [TERM],
    },
    "cosine to features of the source model": {
        "projectors.source": {"kind": "average", "of": "encoder", "decay": 1.0},
        "players": {
            "encoder": {
                "moves": ["encoder"],
                "optimizer": {"kind": "adam", "lr": 3e-4},
                "minimize": [COSINE],
            }
        },
        "trainer.schedule": None,
    },
}
"""By title, what is changed of ``cma/fashion-adverse``."""

OWN = {"kind": "info-nce", "sets": ["real", "moved"], "form": "symmetric"}
PAIRS = {"kind": "info-nce", "sets": ["real", "later"], "form": "symmetric"}
FOUND = "players.encoder.minimize.1."
KINDS: dict[str, dict[str, Any]] = {
    "own augmentation": {"players.encoder.minimize": [OWN]},
    "nearest": {f"{FOUND}positives": "nearest", f"{FOUND}reliability": False},
    "assignment": {f"{FOUND}reliability": False},
    "assignment, reliability": {},
    "true pairs": {"players.encoder.minimize": [PAIRS], "data.mispaired": {}},
}
"""By title, what is changed of ``isr/digits``."""


def measure(output: Path) -> None:
    """Run what is missing; a record for every row and seed."""
    adverse(output)
    frames(output)


def adverse(output: Path) -> None:
    """A source model of each seed, and what becomes of it."""
    for seed, title in ADVERSE.missing(SEEDS, ["source model", *CONDITIONS]):
        clean = output / folder_of("source model", seed)
        if title == "source model":
            changes: Mapping[str, Any] = {}
            name, folder = "erm/fashion-clean", clean
        else:
            start = {f"projectors.{part}.init": str(clean) for part in ("encoder", "scores")}
            changes, name, folder = (
                {**CONDITIONS[title], **start},
                "cma/fashion-adverse",
                output / folder_of(title, seed),
            )
        _run(ADVERSE, title, seed, name, changes, folder)


def frames(output: Path) -> None:
    """Digits in two frames."""
    for seed, title in FRAMES.missing(SEEDS, list(KINDS)):
        _run(FRAMES, title, seed, "isr/digits", KINDS[title], output / folder_of(title, seed))


def _run(results: Results, title: str, seed: int, name: str, changes: Mapping[str, Any], folder: Path) -> None:
    run = recipes.load(name).replace(**changes, **{"trainer.seed": seed}).run(folder, name=title, quiet=True)
    results.store(title, seed, {"results": run.metrics["results"], "seconds": run.metrics["seconds"]["training"]})


def table() -> None:
    """Means and standard errors over seeds."""
    print("| trained with | by night % | by day % | seeds |\n| --- | --- | --- | --- |")
    for title in ("source model", *CONDITIONS):
        records = [record["results"] for record in ADVERSE.of(title, SEEDS)]
        cells = [_mean(records, "split", names) for names in (("night-test", "test"), ("day-test",))]
        _row(title, cells, len(records))

    print("\n| partners | rank-1 % | worst, best seed | seeds |\n| --- | --- | --- | --- |")
    for title in KINDS:
        records = [record["results"] for record in FRAMES.of(title, SEEDS)]
        shares = [record["top1"] for results in records for record in results if record["evaluation"] == "rank-one"]
        worst = f"{min(shares):.1f}, {max(shares):.1f}" if shares else ""
        _row(title, [mean_and_error(shares) if shares else "", worst], len(records))


def _mean(records: list[Any], key: str, names: tuple[str, ...]) -> str:
    values = [one["top1"] for results in records for one in results if one.get(key) in names]
    return mean_and_error(values) if values else ""


def _row(title: str, cells: list[str], seeds: int) -> None:
    if seeds:
        print(f"| {title} | {' | '.join(cells)} | {seeds} |")


def figure() -> Figure:
    """Pairs of two sources: clothes by day and by night, digits in an earlier and a later frame."""
    adverse, frames = (recipes.load(name) for name in ("cma/fashion-adverse", "isr/digits"))
    drawn = Figure(figsize=(8.0, 4.4), layout="constrained")
    grid = drawn.subplots(4, COUNT)
    for recipe, names, rows in ((adverse, ("day", "real"), grid[:2]), (frames, ("real", "later"), grid[2:])):
        recipe.data.build(0)
        for name, line in zip(names, rows, strict=True):
            split, index = recipe.data.draw_of(name, COUNT, Step(5, 0).rng("figure"))
            images = split.render(index).values
            if recipe.views is not None:
                images = recipe.views.apply(images, recipe.views.draw(COUNT, Step(5, 0).rng(name)))
            for axes, image in zip(line, images, strict=True):
                axes.imshow(image[0], cmap="gray", vmin=0, vmax=1)
    for axes, title in zip(grid[:, 0], ("by day", "by night", "earlier", "later"), strict=True):
        axes.set_ylabel(title)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table", "figure"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/contrast"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    if given.what == "figure":
        figure().savefig(PICTURES / "contrast.png", dpi=100)
    else:
        table()


if __name__ == "__main__":
    main()
