"""A classifier of digits as they are, measured on eight shifts of them.

    python benchmarks/shifts.py           erm/shifted-digits, 3 seeds (1 minute of one thread)
    python benchmarks/shifts.py table     the table in Markdown

A stopped benchmark goes on where it was. The figures are those of the last step; nothing is chosen on the shifts.
Results are in ``results/shifts.json``.
"""

import statistics
from pathlib import Path

from seeds import Results, command, mean_and_error

from matchzoo import recipes

RESULTS = Results("shifts")
SEEDS = range(3)
RECIPE = "erm/shifted-digits"


def measure(output: Path) -> None:
    """Run what is missing; the accuracies of every seed by split."""
    for seed, row in RESULTS.missing(SEEDS, [""]):
        run = recipes.load(RECIPE).replace(**{"trainer.seed": seed}).run(output / str(seed))
        RESULTS.store(row, seed, {record["split"]: record["top1"] for record in run.metrics["results"]})


def table() -> None:
    """Means and standard errors over seeds, of every split and of the mean over the shifts."""
    seeds = RESULTS.of("", SEEDS)
    shifted = [name for name in seeds[0] if name != "test"]
    rows = {name.removesuffix("-test"): [one[name] for one in seeds] for name in ("test", *shifted)}
    rows["mean of the eight"] = [statistics.mean(one[name] for name in shifted) for one in seeds]
    print("| test digits | accuracy % |\n| --- | --- |")
    for name, values in rows.items():
        print(f"| {name} | {mean_and_error(values)} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
