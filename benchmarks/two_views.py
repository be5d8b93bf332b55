"""Encoders trained on two views, measured by few labels and by neighbors.

    python benchmarks/two_views.py              three seeds of each (budget: 30 CPU minutes on one thread)
    python benchmarks/two_views.py table        the tables in Markdown
    python benchmarks/two_views.py figure       accuracy against the number of labels

Every run has its own folder under ``runs/benchmarks/two-views``; a stopped benchmark goes on where it was. The figures
are those of the last step. Results are in ``results/two-views.json``.
"""

import argparse
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from seeds import Results, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("two-views")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(3)
LABELS = {"fashion-mnist": [20, 100, 1000], "digits-distorted": [20, 100]}
SUPERVISED = {"kind": "few-labels", "space": "encoder", "draws": 1, "baselines": ["supervised"]}
CASES = {
    "Barlow Twins": "barlow/fashion-mnist",
    "VICReg": "vicreg/fashion-mnist",
    "Mixed Barlow Twins": "mixed-barlow/fashion-mnist",
    "SimCLR": "info-nce/fashion-mnist",
    "digits, Barlow Twins": "barlow/digits-distorted",
    "digits, Mixed Barlow Twins": "mixed-barlow/digits-distorted",
}
"""By title, a recipe."""
TITLES = {"untrained": "untrained encoder", "pixels": "pixels", "supervised": "supervised, 300 steps"}


def measure(output: Path, titles: list[str]) -> None:
    """Run what is missing; a record for every case and seed, with the supervised baseline beside Barlow Twins."""
    for title in titles:
        for seed in SEEDS:
            if RESULTS.of(title, [seed]):
                continue
            recipe = recipes.load(CASES[title]).replace(**{"trainer.seed": seed})
            if CASES[title].startswith("barlow/"):
                supervised = {**SUPERVISED, "labels": LABELS[CASES[title].split("/")[1]]}
                recipe = recipe.replace(evaluation=[*recipe.table()["evaluation"], supervised])
            run = recipe.run(output / folder_of(title, seed), name=title)
            kept = ("method", "number", "labels", "protocol", "top1", "seeds")
            records = [{key: one[key] for key in kept} for one in run.metrics["results"] if "labels" in one]
            RESULTS.store(title, seed, {"results": records, "seconds": run.metrics["seconds"]["training"]})


def scores(title: str) -> dict[str, dict[str, list[float]]]:
    """By method and column, accuracies in percent, one a seed: the mean over draws."""
    accuracies: dict[str, dict[str, list[float]]] = {}
    for record in RESULTS.of(title, SEEDS):
        seen = set()
        for scored in record["results"]:
            column = "neighbors" if scored["protocol"] == "k-nn" else str(scored["labels"])
            if (scored["method"], column) not in seen:  # the supervised baseline's evaluation has the encoder again
                seen.add((scored["method"], column))
                values = accuracies.setdefault(scored["method"], {}).setdefault(column, [])
                values.append(sum(scored["top1"]) / len(scored["top1"]))
    return accuracies


def table() -> None:
    """Means and standard errors over seeds."""
    for data, labels in LABELS.items():
        if not any(RESULTS.of(title, SEEDS) for title, name in CASES.items() if name.endswith(data)):
            continue
        columns = [*map(str, labels), "neighbors"]
        print(f"\n| {data} | {' | '.join(f'{c} labels' for c in columns[:-1])} | neighbors | seeds |")
        print(f"| --- |{' --- |' * (len(columns) + 1)}")
        rows: dict[str, dict[str, list[float]]] = {}
        for title in (title for title, name in CASES.items() if name.endswith(data)):
            for method, accuracies in scores(title).items():
                rows.setdefault(TITLES.get(method, title), accuracies)
        for title in sorted(rows, key=lambda title: title not in TITLES.values()):
            cells = [mean_and_error(rows[title][c]) if c in rows[title] else "" for c in columns]
            print(f"| {title} | {' | '.join(cells)} | {len(next(iter(rows[title].values())))} |")


def figure() -> Figure:
    """Accuracy against the number of labels, on Fashion-MNIST."""
    drawn = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = drawn.subplots()
    rows: dict[str, Any] = {}
    for title in ("Barlow Twins", "VICReg"):  # those that were measured
        for method, accuracies in scores(title).items():
            rows.setdefault(TITLES.get(method, title), accuracies)
    for title, accuracies in rows.items():
        counts = [count for count in LABELS["fashion-mnist"] if str(count) in accuracies]
        means = [sum(accuracies[str(count)]) / len(accuracies[str(count)]) for count in counts]
        style = "--" if title in TITLES.values() else "-"
        axes.plot(counts, means, style, marker="o", label=title)
    axes.set_xscale("log")
    axes.set_xticks(LABELS["fashion-mnist"], map(str, LABELS["fashion-mnist"]))
    axes.minorticks_off()
    axes.set_xlabel("labeled images")
    axes.set_ylabel("test accuracy, %")
    axes.grid(alpha=0.3)
    axes.legend()
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table", "figure"], default="measure")
    parser.add_argument("--only", choices=CASES, nargs="+", default=list(CASES))
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/two-views"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output, given.only)
    if given.what == "figure":
        figure().savefig(PICTURES / "two-views.png", dpi=100)
    else:
        table()


if __name__ == "__main__":
    main()
