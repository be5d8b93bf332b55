"""Selective distillation, measured: what a student makes of a teacher that knows half of what it is asked.

    python benchmarks/distillation.py           3 seeds (budget: 4 CPU minutes)
    python benchmarks/distillation.py table     the table in Markdown

Every run has its own folder under ``runs/benchmarks/distillation``; a stopped benchmark goes on where it was. Results
are in ``results/distillation.json``. Fashion-MNIST is read from ``data`` (``make data``), or from $MATCHZOO_DATA.
"""

import os
from pathlib import Path
from typing import Any

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("distillation")
SEEDS = range(3)
TERM = "players.student.minimize.1"
SKEWED = {f"{TERM}.divergence": "jensen-shannon", f"{TERM}.skew": 0.9}
RULES: dict[str, dict[str, Any]] = {
    "labels alone": {f"{TERM}.weight": 1e-12},
    "KL everywhere": {f"{TERM}.rows": "all"},
    "KL where the teacher is sure (0.8)": {f"{TERM}.rows": "confident"},
    "KL, weighed by how much surer": {f"{TERM}.rows": "teacher-surer-soft"},
    "skewed JSD, weighed by how much surer": {f"{TERM}.rows": "teacher-surer-soft", **SKEWED},
    "KL where the teacher is surer": {},
}
"""What is changed in the recipe."""
OVERCONFIDENT = ", overconfident teacher"
"""Ends the name of a row whose teacher never saw turned images."""
ROWS = [*RULES, f"KL everywhere{OVERCONFIDENT}", f"KL where the teacher is surer{OVERCONFIDENT}"]
ROOT = os.environ.get("MATCHZOO_DATA", "data")


def rooted(table: Any) -> Any:
    """A table of a recipe whose data come from elsewhere."""
    if isinstance(table, dict):
        return {key: ROOT if key == "root" else rooted(value) for key, value in table.items()}
    return [rooted(value) for value in table] if isinstance(table, list | tuple) else table


def teacher(overconfident: bool, seed: int, output: Path) -> Path:
    """The folder of a trained teacher; the overconfident one learned upright images alone."""
    recipe = recipes.load("tsd/fashion-teacher")
    data = rooted(recipe.table()["data"])
    if overconfident:
        del data["environments"]["turned"]
    folder = output / folder_of("overconfident teacher" if overconfident else "teacher", seed)
    recipe.replace(**{"data": data, "trainer.seed": seed}).run(folder, name="teacher")
    return folder


def measure(output: Path) -> None:
    """Run what is missing; a record for every row and seed."""
    for seed, title in RESULTS.missing(SEEDS, ROWS):
        rule = title.removesuffix(OVERCONFIDENT)
        recipe = recipes.load("tsd/fashion-student")
        place = teacher(rule != title, seed, output)
        changes = {"data": rooted(recipe.table()["data"]), "projectors.teacher.path": str(place), "trainer.seed": seed}
        run = recipe.replace(**changes, **RULES[rule]).run(output / folder_of(title, seed), name=title)
        [record] = run.metrics["results"]
        RESULTS.store(title, seed, {"top1": record["top1"], **record["groups"]})


def table() -> None:
    """Means and standard errors over seeds."""
    print("| student learns from 200 labels and | accuracy % | upright % | turned % |")
    print("| --- | --- | --- | --- |")
    for title in ROWS:
        records = RESULTS.of(title, SEEDS)
        if records:
            cells = [mean_and_error([record[name] for record in records]) for name in ("top1", "upright", "turned")]
            print(f"| {title} | {' | '.join(cells)} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
