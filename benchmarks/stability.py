"""How stable are implicit generators? Figure 2 of the GRAM-nets paper with numbers.

    python benchmarks/stability.py            every method x noise dimension {2, 4, 8, 16} x width {20, 100, 200} x
                                              3 seeds on the flat ring, the corners of that grid on the tilted one
                                              (MMD-GAN: corners of the flat one, one seed); 10 000 steps at batch 200
                                              (budget: 3 CPU hours on a quiet machine, 5 on a busy one)
    python benchmarks/stability.py corners    corners, one seed, 3000 steps at batch 100, three methods
                                              (budget: 2 CPU minutes)
    python benchmarks/stability.py table      the tables and the picture of what is there

Cells run side by side as processes of one thread (``--processes``), cheap methods first. Each finished cell is a line
of ``benchmarks/results/stability.jsonl``; a stopped benchmark goes on with the cells that are missing. The same noise
dimension, widths, batch and number of steps serve every method; all else but the step sizes is as in its recipe.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from matchzoo import recipes
from matchzoo.core.storage import files
from matchzoo.recipes.recipe import Recipe

HERE = Path(__file__).parent
RESULTS = HERE / "results/stability.jsonl"
CORNERS = HERE / "results/stability-corners.jsonl"
PICTURE = HERE.parent / "docs/pictures/stability.png"
REGULARIZER = "players.projector.maximize.0.regularizer"
STRENGTH = "players.projector.maximize.0.strength"
LRS = ("players.critic.optimizer.lr", "players.generator.optimizer.lr")
METHODS: dict[str, tuple[str, dict[str, object]]] = {
    "mmd-net": ("mmd-net", {}),
    "gan": ("gan", dict.fromkeys(LRS, 1e-4)),
    "gram (clip)": ("gram", {REGULARIZER: "clip"}),
    "gram (mean)": ("gram", {REGULARIZER: "mean", STRENGTH: 1.0}),
    "mmd-gan": ("mmd-gan", dict.fromkeys(LRS, 1e-3)),
}
"""By name, the recipe and changes to it: step sizes are constant, as in the paper, where those of recipes fall."""
RINGS = {"2-d": "ring-2d", "3-d": "ring-3d"}
NOISES, WIDTHS, SEEDS = (2, 4, 8, 16), (20, 100, 200), (0, 1, 2)
THRESHOLDS = (0.70, 0.80)
Cell = dict[str, object]


def grid() -> list[Cell]:
    """All cells of the benchmark, cheap methods first. Of MMD-GAN, whose step is six, four cells."""
    flat = itertools.product(METHODS, ["2-d"], SEEDS, NOISES, WIDTHS)
    tilted = itertools.product(METHODS, ["3-d"], SEEDS, NOISES[::3], WIDTHS[::2])
    few = set(itertools.product(["mmd-gan"], ["2-d"], SEEDS[:1], NOISES[::3], WIDTHS[::2]))
    cells = [cell for cell in (*flat, *tilted) if cell[0] != "mmd-gan" or cell in few]
    order = list(METHODS)
    keys = ("method", "ring", "seed", "noise", "width")
    return [dict(zip(keys, cell, strict=True)) for cell in sorted(cells, key=lambda c: (order.index(c[0]), c[1:]))]


def corners() -> list[Cell]:
    """The corners of the flat grid, for three methods and one seed."""
    methods = ("gan", "mmd-net", "gram (clip)")
    return [
        {"method": m, "ring": "2-d", "seed": 0, "noise": n, "width": w}
        for m, n, w in itertools.product(methods, NOISES[::3], WIDTHS[::2])
    ]


def recipe_of(cell: Cell, short: bool) -> Recipe:
    """The method's own recipe with the cell's noise dimension, widths and seed."""
    name, changes = METHODS[str(cell["method"])]
    declared = recipes.load(f"{name}/{RINGS[str(cell['ring'])]}")
    widths = [cell["width"]] * 2
    changes = {
        **changes,
        "generator.dimension": cell["noise"],
        "generator.network.widths": widths,
        "trainer.seed": cell["seed"],
        "trainer.steps": 3000 if short else 10_000,
        "trainer.batch": 100 if short else 200,
        "trainer.snapshot_every": None,
        "trainer.log_every": 1000,
        "trainer.device": "cpu",
    }
    return declared.replace(**changes)


def run(cell: Cell, short: bool, path: Path, folder: Path) -> None:
    """Train and measure one cell, and add its line to the results."""
    name = "-".join(str(value).replace(" ", "") for value in cell.values()) + ("-short" if short else "")
    began = time.process_time()
    made = recipe_of(cell, short).run(folder / name, quiet=True, name=str(cell["method"]))
    [coverage] = [
        r for r in made.metrics["results"] if r["evaluation"] == "mode-coverage" and r["method"] != "test data"
    ]
    [distance] = [r for r in made.metrics["results"] if "mmd2" in r and r["method"] != "training data"]
    result = {k: coverage[k] for k in ("modes", "high_quality", "mode_kl", "std_ratio")}
    result |= {"mmd2": distance["mmd2"], "seconds": round(time.process_time() - began, 1)}
    points = made.generator.sample(500).values[:, :2] if cell["ring"] == "2-d" and cell["seed"] == 0 else None
    shown = {} if points is None else {"points": [[round(x, 3) for x in point] for point in points.tolist()]}
    line = json.dumps({**cell, **result, **shown}) + "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def read(path: Path) -> list[Cell]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines]


def missing(cells: list[Cell], path: Path) -> list[Cell]:
    done = {tuple(str(line[key]) for key in cells[0]) for line in read(path)}
    return [cell for cell in cells if tuple(str(value) for value in cell.values()) not in done]


def measure(cells: list[Cell], short: bool, path: Path, folder: Path, processes: int) -> None:
    """All cells that are missing, several processes at a time."""
    left = missing(cells, path)
    print(f"{len(left)} of {len(cells)} cells to do, {processes} at a time", flush=True)
    running: list[subprocess.Popen[bytes]] = []
    began, total = time.monotonic(), len(left)
    while left or running:
        while left and len(running) < processes:
            words = [sys.executable, __file__, "cell", json.dumps(left.pop(0)), "--output", str(folder)]
            words += ["--short"] if short else []
            running.append(subprocess.Popen(words, env=os.environ | {"OMP_NUM_THREADS": "1"}))
        time.sleep(0.5)
        for process in [p for p in running if p.poll() is not None]:
            running.remove(process)
            if process.returncode:
                raise SystemExit(f"a cell failed with exit code {process.returncode}")
            done = total - len(left) - len(running)
            seconds = (time.monotonic() - began) * (total - done) / done
            print(f"{done}/{total} cells, {seconds / 60:.0f} min left", flush=True)


def summary(lines: list[Cell]) -> list[dict[str, object]]:
    """For every ring and method: cells, shares of successes, median and worst share of high quality, MMD², seconds."""
    rows = []
    for ring, method in itertools.product(RINGS, METHODS):
        own = [line for line in lines if (line["ring"], line["method"]) == (ring, method)]
        if not own:
            continue
        shares = [float(str(line["high_quality"])) for line in own]
        wide = [s for s, line in zip(shares, own, strict=True) if int(str(line["width"])) >= 100]
        row: dict[str, object] = {"ring": ring, "method": method, "cells": len(own)}
        for threshold in THRESHOLDS:
            good = [s >= threshold and line["modes"] == 8 for s, line in zip(shares, own, strict=True)]
            row[f"success at {threshold:.2f}"] = sum(good) / len(good)
        row |= {"median": statistics.median(shares), "worst": min(shares)}
        row["median, widths >= 100"] = statistics.median(wide) if wide else None
        row["worst MMD²"] = max(float(str(line["mmd2"])) for line in own)
        row["CPU seconds"] = statistics.median(float(str(line["seconds"])) for line in own)
        rows.append(row)
    return rows


def show(rows: list[dict[str, object]]) -> None:
    """The summary as a table in Markdown."""
    if not rows:
        raise SystemExit("nothing is measured yet")
    print("| " + " | ".join(rows[0]) + " |\n|" + " --- |" * len(rows[0]))
    for row in rows:
        cells = [f"{v:.3f}" if isinstance(v, float) else "" if v is None else str(v) for v in row.values()]
        print("| " + " | ".join(cells) + " |")


def picture(lines: list[Cell], path: Path) -> None:
    """Generated points of seed 0 on the flat ring: methods and widths down, noise dimensions across."""
    from matplotlib.figure import Figure

    found = {(c["method"], c["width"], c["noise"]): c for c in lines if "points" in c}
    rows = [(m, w) for m, w in itertools.product(METHODS, WIDTHS) if any((m, w, n) in found for n in NOISES)]
    figure = Figure(figsize=(1.3 * len(NOISES) + 1.6, 1.3 * len(rows)), dpi=120, layout="constrained")
    axes = figure.subplots(len(rows), len(NOISES), squeeze=False)
    for (method, width), line in zip(rows, axes, strict=True):
        for noise, axis in zip(NOISES, line, strict=True):
            axis.set_xticks([])
            axis.set_yticks([])
            axis.set_xlim(-3.2, 3.2)
            axis.set_ylim(-3.2, 3.2)
            axis.set_aspect("equal")
            cell = found.get((method, width, noise))
            axis.set_visible(cell is not None)
            if cell is not None:
                axis.scatter(*zip(*cell["points"], strict=True), s=1.5, c="#1f4e79", linewidths=0)  # type: ignore[call-overload]
                axis.set_title(f"{cell['modes']}/8, {cell['high_quality']:.2f}", fontsize=8, pad=2)
        line[0].set_ylabel(f"{method}\nwidth {width}", rotation=0, ha="right", va="center", fontsize=8)
    for noise, axis in zip(NOISES, axes[-1], strict=True):
        axis.set_xlabel(f"noise {noise}", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_with(path, lambda temporary: figure.savefig(temporary))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="all", choices=["all", "corners", "table", "cell"])
    parser.add_argument("cell", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--short", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=2, help="cells side by side")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/stability"), help="folder of the runs")
    given = parser.parse_args()
    if given.what == "cell":
        run(json.loads(given.cell), given.short, CORNERS if given.short else RESULTS, given.output)
        return
    short = given.what == "corners"
    path = CORNERS if short else RESULTS
    if given.what != "table":
        measure(corners() if short else grid(), short, path, given.output, given.processes)
    lines = read(path)
    show(summary(lines))
    if not short:
        picture(lines, PICTURE)


if __name__ == "__main__":
    main()
