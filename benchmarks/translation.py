"""Domain translation, measured: how often a map that was matched group by group sends a digit to its own counterpart.

    python benchmarks/translation.py            1, 2, 5 and 10 groups, 3 seeds each (budget: 6 CPU minutes, one thread)
    python benchmarks/translation.py table      the table in Markdown

Every run has its own folder under ``runs/benchmarks/translation``; a stopped benchmark goes on where it was. Results
are in ``results/translation.json``.
"""

import statistics
from pathlib import Path

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("translation")
SEEDS = range(3)
GROUPS = {
    "1 group": [0] * 10,
    "2 groups": [0] * 5 + [1] * 5,
    "5 groups": [0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
    "10 groups": list(range(10)),
}
"""The group of each digit."""


def measure(output: Path) -> None:
    """Run what is missing; a record for every number of groups and seed."""
    for seed, title in RESULTS.missing(SEEDS, list(GROUPS)):
        changes = {"trainer.seed": seed, "players.generator.minimize.0.merge": GROUPS[title]}
        run = recipes.load("udt/digits-rotated").replace(**changes).run(output / folder_of(title, seed), name=title)
        loss = run.metrics["last"]["generator/minimize[0]"]
        record = {**run.metrics["results"][0], "loss": loss, "seconds": run.metrics["seconds"]["training"]}
        RESULTS.store(title, seed, record)


def table() -> None:
    """Means and standard errors over seeds."""
    print("| matched | nearest is its own % | worst, best seed | relative error | loss | seeds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for title in GROUPS:
        records = RESULTS.of(title, SEEDS)
        if not records:
            continue
        shares = [record["top1"] for record in records]
        relative, loss = (statistics.mean(record[name] for record in records) for name in ("relative_error", "loss"))
        cells = [mean_and_error(shares), f"{min(shares):.1f}, {max(shares):.1f}"]
        print(f"| {title} | {' | '.join(cells)} | {relative:.2f} | {loss:.4f} | {len(records)} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
