"""A classifier of digits as they are, measured on eight shifts of them.

    python benchmarks/shifts.py           erm/shifted-digits, 3 seeds (1 minute of one thread)
    python benchmarks/shifts.py table     the table in Markdown

A stopped benchmark goes on where it was. The figures are those of the last step; nothing is chosen on the shifts.
Results are in ``results/shifts.json``.
"""

import argparse
import json
import statistics
from pathlib import Path

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/shifts.json"
SEEDS = range(3)
RECIPE = "erm/shifted-digits"


def measure(output: Path) -> None:
    """Run what is missing; the accuracies of every seed by split."""
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in map(str, SEEDS):
        if seed not in stored:
            run = recipes.load(RECIPE).replace(**{"trainer.seed": int(seed)}).run(output / seed)
            stored[seed] = {record["split"]: record["top1"] for record in run.metrics["results"]}
            files.write_json(STORE, stored)


def table() -> None:
    """Means and standard errors over seeds, of every split and of the mean over the shifts."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    seeds = [stored[str(seed)] for seed in SEEDS]
    shifted = [name for name in seeds[0] if name != "test"]
    rows = {name.removesuffix("-test"): [one[name] for one in seeds] for name in ("test", *shifted)}
    rows["mean of the eight"] = [statistics.mean(one[name] for name in shifted) for one in seeds]
    print("| test digits | accuracy % |\n| --- | --- |")
    for name, values in rows.items():
        error = statistics.stdev(values) / len(values) ** 0.5
        print(f"| {name} | {with_spread(statistics.mean(values), error)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/shifts"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    table()


if __name__ == "__main__":
    main()
