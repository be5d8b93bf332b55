"""Optimization-trajectory distillation, measured: digits before photographs, of which three a class have labels.

    python benchmarks/trajectory.py             the recipe trajectory/digits-background without its terms, with them,
                                                and without their subspace, 3 seeds each (budget: 3 CPU minutes)
    python benchmarks/trajectory.py table       the table in Markdown

Every run has its own folder under ``runs/benchmarks/trajectory``; a stopped benchmark goes on where it was. The figures
are those of the last step. Results are in ``results/trajectory.json``.
"""

from pathlib import Path
from typing import Any

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("trajectory")
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
    for seed, method in RESULTS.missing(SEEDS, tuple(METHODS)):
        changes = {**changes_for(*METHODS[method]), "trainer.seed": seed}
        recipe = recipes.load("trajectory/digits-background").replace(**changes)
        run = recipe.run(output / folder_of(method, seed), name=method)
        RESULTS.store(method, seed, {"target": run.metrics["results"][0]["top1"]})


def table() -> None:
    """Means and standard errors over seeds."""
    print("| terms | target % | worst seed |\n| --- | --- | --- |")
    for method in METHODS:
        values = [record["target"] for record in RESULTS.of(method, SEEDS)]
        if values:
            print(f"| {method} | {mean_and_error(values)} | {min(values):.1f} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
