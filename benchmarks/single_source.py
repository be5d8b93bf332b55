"""Generalization from a single source, measured: digits as they are, tested on eight shifts of them.

    python benchmarks/single_source.py           SAM and UDIM beside plain training, 3 seeds
                                                 (budget: 3 CPU minutes on one thread)
    python benchmarks/single_source.py table     the table in Markdown

Every run has its own folder under ``runs/benchmarks/single-source``; a stopped benchmark goes on where it was. The
figures are those of the last step: nothing is chosen on the shifts. Results are in ``results/single-source.json``.
"""

import statistics
from pathlib import Path
from typing import Any

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("single-source")
SEEDS = range(3)
WEIGHT = "players.network.minimize.{}.weight"
SHARP = "players.network.sharpness"
# row → the recipe, and what is changed in it
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "group norm": ("sam", {SHARP: 0.0}),
    "group norm, SAM": ("sam", {}),
    "group norm, UDIM": ("udim", {}),
    "group norm, UDIM with a weight of 0.1": ("udim", {WEIGHT.format(term): 0.1 for term in (1, 2, 3)}),
    "instance norm": ("erm", {}),
    "instance norm, SAM": ("erm", {SHARP: 0.05}),
}


def measure(output: Path) -> None:
    """Run what is missing; the accuracies of every method and seed by split."""
    for seed, method in RESULTS.missing(SEEDS, tuple(METHODS)):
        name, changes = METHODS[method]
        recipe = recipes.load(f"{name}/shifted-digits").replace(**changes, **{"trainer.seed": seed})
        run = recipe.run(output / folder_of(method, seed), name=method)
        RESULTS.store(method, seed, {record["split"]: record["top1"] for record in run.metrics["results"]})


def table() -> None:
    """Means and standard errors over seeds: of digits as they are, and of the mean over the shifts."""
    print("| network | as they are % | mean of eight shifts % | worst seed |\n| --- | --- | --- | --- |")
    for method in METHODS:
        records = [dict(record) for record in RESULTS.of(method, SEEDS)]
        if records:
            plain = [record.pop("test") for record in records]
            shifted = [statistics.mean(record.values()) for record in records]
            print(f"| {method} | {mean_and_error(plain)} | {mean_and_error(shifted)} | {min(shifted):.1f} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
