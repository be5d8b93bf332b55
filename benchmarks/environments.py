"""Training on environments, measured: penalties that make environments agree, on colored digits.

    python benchmarks/environments.py           every recipe */colored-digits and ERM without color, 5 seeds each
                                                (budget: 25 CPU minutes on one thread)
    python benchmarks/environments.py table     the table in Markdown

Every run has its own folder under ``runs/benchmarks/environments``; a stopped benchmark goes on where it was. The
figures are those of the last step: nothing is chosen on the test environment, but the schedule of the penalty, which
all of them share, is one that was (IRM's, for colored MNIST). Results are in ``results/environments.json``.
"""

import argparse
import json
import statistics
from pathlib import Path

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/environments.json"
SEEDS = range(5)
METHODS = ("erm", "coral", "fish", "irm", "v-rex", "fishr", "iga", "hgp", "hessian-diagonal")
ORACLE = "erm without color"


def measure(output: Path) -> None:
    """Run what is missing; a record for every method and seed."""
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in SEEDS:
        for method in (*METHODS, ORACLE):
            key = f"{method} {seed}"
            if key in stored:
                continue

            name, gray = ("erm", True) if method == ORACLE else (method, False)
            changes = {"trainer.seed": seed, "data.gray": gray}
            recipe = recipes.load(f"{name}/colored-digits").replace(**changes)
            run = recipe.run(output / key.replace(" ", "-"), name=method)
            training, reversed_ = run.metrics["results"]
            stored[key] = {
                "training": training["top1"],
                "reversed": reversed_["top1"],
                "seconds": run.metrics["seconds"]["training"],
            }
            files.write_json(STORE, stored)


def table() -> None:
    """Means and standard errors over seeds."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    print("| recipe | training environments % | color reversed % | worst seed |\n| --- | --- | --- | --- |")
    for method in (*METHODS, ORACLE):
        records = [stored[f"{method} {seed}"] for seed in SEEDS if f"{method} {seed}" in stored]
        cells = [_mean_and_error([record[part] for record in records]) for part in ("training", "reversed")]
        worst = min(record["reversed"] for record in records)
        title = method if method == ORACLE else f"`{method}/colored-digits`"
        print(f"| {title} | {' | '.join(cells)} | {worst:.1f} |")


def _mean_and_error(values: list[float]) -> str:
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return with_spread(statistics.mean(values), error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/environments"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    table()


if __name__ == "__main__":
    main()
