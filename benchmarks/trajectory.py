"""Optimization-trajectory distillation, measured: digits before photographs, of which three a class have labels.

    python benchmarks/trajectory.py             the recipe trajectory/digits-background without its terms, with them,
                                                and without their subspace, 3 seeds each (budget: 3 CPU minutes)
    python benchmarks/trajectory.py table       the table in Markdown

Every run has its own folder under ``runs/benchmarks/trajectory``; a stopped benchmark goes on where it was. The figures
are those of the last step. Results are in ``results/trajectory.json``.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/trajectory.json"
SEEDS = range(3)
# row → the weight of the terms (0: none), and whether they are projected
METHODS = {
    "source and target": (0.0, True),
    "projected, weight 0.0125": (0.0125, True),
    "projected, weight 0.25": (0.25, True),
    "not projected, weight 0.25": (0.25, False),
    "projected, weight 5": (5.0, True),
}


def changes_for(weight: float, projected: bool) -> dict[str, Any]:
    """What a row changes in the recipe."""
    declared = recipes.load("trajectory/digits-background").table()["players"]["network"]["minimize"]
    classification, *terms = declared
    terms = [{**term, "weight": weight} for term in terms] if weight else []
    if not projected:
        terms = [{**term, "statistic": term["statistic"]["statistic"]} for term in terms]
    return {"players.network.minimize": [classification, *terms]}


def measure(output: Path) -> None:
    """Run what is missing; a record for every row and seed."""
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in SEEDS:
        for method, how in METHODS.items():
            key = f"{method} {seed}"
            if key not in stored:
                changes = {**changes_for(*how), "trainer.seed": seed}
                recipe = recipes.load("trajectory/digits-background").replace(**changes)
                run = recipe.run(output / key.replace(",", "").replace(" ", "-"), name=method)
                stored[key] = {"target": run.metrics["results"][0]["top1"]}
                files.write_json(STORE, stored)


def table() -> None:
    """Means and standard errors over seeds."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    print("| terms | target % | worst seed |\n| --- | --- | --- |")
    for method in METHODS:
        values = [stored[key]["target"] for seed in SEEDS if (key := f"{method} {seed}") in stored]
        if values:
            error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
            print(f"| {method} | {with_spread(statistics.mean(values), error)} | {min(values):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/trajectory"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    table()


if __name__ == "__main__":
    main()
