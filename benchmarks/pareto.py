"""Rules that combine the gradients of a player's terms, measured: black digits with labels, digits before photographs.

    python benchmarks/pareto.py             the recipe pareto/digits-background under every rule, 3 seeds each
                                            (budget: 5 CPU minutes on one thread)
    python benchmarks/pareto.py table       the table in Markdown

The body descends classification of the source, a critic of domains and minus the mutual information of the target.
Every run has its own folder under ``runs/benchmarks/pareto``; a stopped benchmark goes on where it was. The figures are
those of the last step: nothing is chosen on the target. Results are in ``results/pareto.json``.
"""

from pathlib import Path
from typing import Any

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("pareto")
SEEDS = range(3)
SOURCE = "source only"
RULES = (SOURCE, "sum", "pcgrad", "min-norm", "pareto", "pareto-balance")


def changes_for(rule: str) -> dict[str, Any]:
    """What a rule changes in the recipe; only Pareto's have a surrogate."""
    body = recipes.load("pareto/digits-background").table()["players"]["body"]
    classification, information, surrogate = body["minimize"]
    if rule == SOURCE:
        return {
            "players.body": {"moves": body["moves"], "optimizer": body["optimizer"], "minimize": [classification]},
            "players.head.minimize": [classification],
        }
    if rule.startswith("pareto"):
        return {"players.body": {**body, "combine": rule, "minimize": [classification, information, surrogate]}}
    plain = {key: value for key, value in body.items() if key != "surrogate"}
    return {"players.body": {**plain, "combine": rule, "minimize": [classification, information]}}


def measure(output: Path) -> None:
    """Run what is missing; a record for every rule and seed."""
    for seed, rule in RESULTS.missing(SEEDS, RULES):
        recipe = recipes.load("pareto/digits-background").replace(**changes_for(rule), **{"trainer.seed": seed})
        run = recipe.run(output / folder_of(rule, seed), name=rule)
        running, target = run.metrics["results"]
        record = {
            "running": running["top1"],
            "target": target["top1"],
            "seconds": run.metrics["seconds"]["training"],
        }
        RESULTS.store(rule, seed, record)


def table() -> None:
    """Means and standard errors over seeds."""
    print("| rule | statistics of training % | batch norm of the target % | worst seed |\n| --- | --- | --- | --- |")
    for rule in RULES:
        records = RESULTS.of(rule, SEEDS)
        if not records:
            continue
        cells = [mean_and_error([record[part] for record in records]) for part in ("running", "target")]
        print(f"| {rule} | {' | '.join(cells)} | {min(record['target'] for record in records):.1f} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
