"""Domain translation, measured: how often a map that was matched group by group sends a digit to its own counterpart.

    python benchmarks/translation.py            1, 2, 5 and 10 groups, 3 seeds each (budget: 6 CPU minutes, one thread)
    python benchmarks/translation.py table      the table in Markdown

Every run has its own folder under ``runs/benchmarks/translation``; a stopped benchmark goes on where it was. Results
are in ``results/translation.json``.
"""

import argparse
import json
import statistics
from pathlib import Path

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/translation.json"
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
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in SEEDS:
        for title, merge in GROUPS.items():
            key = f"{title} {seed}"
            if key in stored:
                continue
            changes = {"trainer.seed": seed, "players.generator.minimize.0.merge": merge}
            run = recipes.load("udt/digits-rotated").replace(**changes).run(output / key.replace(" ", "-"), name=title)
            loss = run.metrics["last"]["generator/minimize[0]"]
            stored[key] = {**run.metrics["results"][0], "loss": loss, "seconds": run.metrics["seconds"]["training"]}
            files.write_json(STORE, stored)


def table() -> None:
    """Means and standard errors over seeds."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    print("| matched | nearest is its own % | worst, best seed | relative error | loss | seeds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for title in GROUPS:
        records = [stored[f"{title} {seed}"] for seed in SEEDS if f"{title} {seed}" in stored]
        if not records:
            continue
        shares = [record["top1"] for record in records]
        error = statistics.stdev(shares) / len(shares) ** 0.5 if len(shares) > 1 else None
        relative, loss = (statistics.mean(record[name] for record in records) for name in ("relative_error", "loss"))
        cells = [with_spread(statistics.mean(shares), error), f"{min(shares):.1f}, {max(shares):.1f}"]
        print(f"| {title} | {' | '.join(cells)} | {relative:.2f} | {loss:.4f} | {len(records)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/translation"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    table()


if __name__ == "__main__":
    main()
