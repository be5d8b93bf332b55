"""Domain adaptation, measured: black digits with labels, digits before photographs without.

    python benchmarks/adaptation.py             every recipe */digits-background of these methods, 3 seeds each
                                                (budget: 10 CPU minutes on one thread)
    python benchmarks/adaptation.py table       the table in Markdown

Every run has its own folder under ``runs/benchmarks/adaptation``; a stopped benchmark goes on where it was. The figures
are those of the last step: nothing is chosen on the target. Results are in ``results/adaptation.json``.
"""

import argparse
import json
import statistics
from pathlib import Path

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/adaptation.json"
SEEDS = range(3)
METHODS = ("source-only", "dann", "cdan", "coral", "mmd", "prototypes", "sfda")
ORACLE = "source-only with target labels"
TARGET = {"kind": "digits", "size": 16, "channels": 1, "background": 0.65}
SPACES = ("maps", "features", "scores")


def measure(output: Path) -> None:
    """Run what is missing; a record for every method and seed."""
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in SEEDS:
        for method in (*METHODS, ORACLE):
            key = f"{method} {seed}"
            if key in stored:
                continue

            name = method.partition(" ")[0]
            changes: dict[str, object] = {"trainer.seed": seed}
            if method == ORACLE:
                changes["data.environments"] = {"target": TARGET}
            if method == "sfda":
                start = str(output / f"source-only-{seed}")
                changes |= {f"projectors.{space}.init": start for space in SPACES}
            recipe = recipes.load(f"{name}/digits-background").replace(**changes)
            run = recipe.run(output / key.replace(" ", "-"), name=method)
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
    print("| recipe | statistics of training % | batch norm of the target % | worst seed | seeds |")
    print("| --- | --- | --- | --- | --- |")
    for method in (*METHODS, ORACLE):
        records = [stored[f"{method} {seed}"] for seed in SEEDS if f"{method} {seed}" in stored]
        if not records:
            continue
        cells = [_mean_and_error([record[part] for record in records]) for part in ("running", "target")]
        worst = min(record["target"] for record in records)
        title = method if method == ORACLE else f"`{method}/digits-background`"
        print(f"| {title} | {' | '.join(cells)} | {worst:.1f} | {len(records)} |")


def _mean_and_error(values: list[float]) -> str:
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return with_spread(statistics.mean(values), error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/adaptation"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    table()


if __name__ == "__main__":
    main()
