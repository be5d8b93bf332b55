"""Rules that combine the gradients of a player's terms, measured: black digits with labels, digits before photographs.

    python benchmarks/pareto.py             the recipe pareto/digits-background under every rule, 3 seeds each
                                            (budget: 5 CPU minutes on one thread)
    python benchmarks/pareto.py table       the table in Markdown

The body descends classification of the source, a critic of domains and minus the mutual information of the target.
Every run has its own folder under ``runs/benchmarks/pareto``; a stopped benchmark goes on where it was. The figures are
those of the last step: nothing is chosen on the target. Results are in ``results/pareto.json``.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/pareto.json"
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
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in SEEDS:
        for rule in RULES:
            key = f"{rule} {seed}"
            if key in stored:
                continue
            recipe = recipes.load("pareto/digits-background").replace(**changes_for(rule), **{"trainer.seed": seed})
            run = recipe.run(output / key.replace(" ", "-"), name=rule)
            own, target = run.metrics["results"]
            stored[key] = {
                "running": own["top1"],
                "target": target["top1"],
                "seconds": run.metrics["seconds"]["training"],
            }
            files.write_json(STORE, stored)


def table() -> None:
    """Means and standard errors over seeds."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    print("| rule | statistics of training % | batch norm of the target % | worst seed |\n| --- | --- | --- | --- |")
    for rule in RULES:
        records = [stored[key] for seed in SEEDS if (key := f"{rule} {seed}") in stored]
        if not records:
            continue
        cells = [_mean_and_error([record[part] for record in records]) for part in ("running", "target")]
        print(f"| {rule} | {' | '.join(cells)} | {min(record['target'] for record in records):.1f} |")


def _mean_and_error(values: list[float]) -> str:
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return with_spread(statistics.mean(values), error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/pareto"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    table()


if __name__ == "__main__":
    main()
