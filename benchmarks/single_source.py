"""Generalization from a single source, measured: digits as they are, tested on eight shifts of them.

    python benchmarks/single_source.py           SAM and UDIM beside plain training, 3 seeds
                                                 (budget: 3 CPU minutes on one thread)
    python benchmarks/single_source.py table     the table in Markdown

Every run has its own folder under ``runs/benchmarks/single-source``; a stopped benchmark goes on where it was. The
figures are those of the last step: nothing is chosen on the shifts. Results are in ``results/single-source.json``.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/single-source.json"
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
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in SEEDS:
        for method, (name, changes) in METHODS.items():
            key = f"{method} {seed}"
            if key not in stored:
                recipe = recipes.load(f"{name}/shifted-digits").replace(**changes, **{"trainer.seed": seed})
                run = recipe.run(output / key.replace(",", "").replace(" ", "-"), name=method)
                stored[key] = {record["split"]: record["top1"] for record in run.metrics["results"]}
                files.write_json(STORE, stored)


def table() -> None:
    """Means and standard errors over seeds: of digits as they are, and of the mean over the shifts."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    print("| network | as they are % | mean of eight shifts % | worst seed |\n| --- | --- | --- | --- |")
    for method in METHODS:
        records = [dict(stored[key]) for seed in SEEDS if (key := f"{method} {seed}") in stored]
        if records:
            plain = [record.pop("test") for record in records]
            shifted = [statistics.mean(record.values()) for record in records]
            print(f"| {method} | {_mean_and_error(plain)} | {_mean_and_error(shifted)} | {min(shifted):.1f} |")


def _mean_and_error(values: list[float]) -> str:
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return with_spread(statistics.mean(values), error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/single-source"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    table()


if __name__ == "__main__":
    main()
