"""Training on environments, measured: penalties that make environments agree, on colored digits.

    python benchmarks/environments.py           every recipe */colored-digits and ERM without color, 5 seeds each
                                                (budget: 25 CPU minutes on one thread)
    python benchmarks/environments.py table     the table in Markdown

Every run has its own folder under ``runs/benchmarks/environments``; a stopped benchmark goes on where it was. The
figures are those of the last step: nothing is chosen on the test environment, but the schedule of the penalty, which
all of them share, is one that was (IRM's, for colored MNIST). Results are in ``results/environments.json``.
"""

from pathlib import Path

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("environments")
SEEDS = range(5)
METHODS = ("erm", "coral", "fish", "irm", "v-rex", "fishr", "iga", "hgp", "hessian-diagonal")
ORACLE = "erm without color"


def measure(output: Path) -> None:
    """Run what is missing; a record for every method and seed."""
    for seed, method in RESULTS.missing(SEEDS, (*METHODS, ORACLE)):
        name, gray = ("erm", True) if method == ORACLE else (method, False)
        changes = {"trainer.seed": seed, "data.gray": gray}
        recipe = recipes.load(f"{name}/colored-digits").replace(**changes)
        run = recipe.run(output / folder_of(method, seed), name=method)
        training, reversed_ = run.metrics["results"]
        record = {
            "training": training["top1"],
            "reversed": reversed_["top1"],
            "seconds": run.metrics["seconds"]["training"],
        }
        RESULTS.store(method, seed, record)


def table() -> None:
    """Means and standard errors over seeds."""
    print("| recipe | training environments % | color reversed % | worst seed |\n| --- | --- | --- | --- |")
    for method in (*METHODS, ORACLE):
        records = RESULTS.of(method, SEEDS)
        cells = [mean_and_error([record[part] for record in records]) for part in ("training", "reversed")]
        worst = min(record["reversed"] for record in records)
        title = method if method == ORACLE else f"`{method}/colored-digits`"
        print(f"| {title} | {' | '.join(cells)} | {worst:.1f} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
