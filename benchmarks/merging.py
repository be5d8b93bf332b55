"""Merged classifiers, measured: two networks from one start, each trained on five classes, as one.

    python benchmarks/merging.py           3 seeds (budget: 2 CPU minutes)
    python benchmarks/merging.py table     the table in Markdown

Every run has its own folder under ``runs/benchmarks/merging``; a stopped benchmark goes on where it was. Results are in
``results/merging.json``. Fashion-MNIST is read from ``data`` (``make data``), or from $MATCHZOO_DATA.
"""

import os
from pathlib import Path

import torch
from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes
from matchzoo.data import Split, Torchvision
from matchzoo.evaluation.evaluation import some_rows
from matchzoo.hub.merging import merge
from matchzoo.hub.model import Model
from matchzoo.runs.published_parts import model_of_run
from matchzoo.runs.run import Run

RESULTS = Results("merging")
SEEDS = range(3)
ROWS = ("start", "first five classes", "last five classes", "mean", "task arithmetic, 0.3", "mean of probabilities",
        "Fisher")  # fmt: skip
ROOT = os.environ.get("MATCHZOO_DATA", "data")


def trained(name: str, seed: int, output: Path, start: Path | None = None) -> Run:
    """One of the three runs."""
    changes = {"trainer.seed": seed, "data.split_seed": seed, "data.source.source.root": ROOT}
    if start is not None:
        changes["projector.init"] = str(start)
    return recipes.load(f"merge/fashion-{name}").replace(**changes).run(output / folder_of(name, seed), name=name)


def scores(model: Model, test: Split) -> torch.Tensor:
    """Log-probabilities [n, c] of the test images."""
    with torch.no_grad():
        return model.part(test.all().values).log_softmax(1)


def measure(output: Path) -> None:
    """Run what is missing; a record for every row and seed."""
    test = Torchvision(dataset="FashionMNIST", root=ROOT, channels=1).load().test
    assert test is not None
    for seed in sorted({seed for seed, _ in RESULTS.missing(SEEDS, ROWS)}):
        start = trained("start", seed, output)
        runs = [trained(name, seed, output, start.folder) for name in ("first", "second")]
        base, *models = (model_of_run(run, "projector") for run in (start, *runs))
        inputs = []
        for run in runs:
            data = run.recipe.copy().data
            data.build(seed)
            inputs.append(data.training_set.render(some_rows(data.training_set, 500)).values)
        logs = {
            "start": scores(base, test),
            "first five classes": scores(models[0], test),
            "last five classes": scores(models[1], test),
            "mean": scores(merge(models), test),
            "task arithmetic, 0.3": scores(merge(models, "task-arithmetic", start=base, scale=0.3), test),
            "Fisher": scores(merge(models, "fisher", inputs=inputs), test),
        }
        probabilities = [logs[name].exp() for name in ("first five classes", "last five classes")]
        logs["mean of probabilities"] = torch.stack(probabilities).mean(0)
        for name in ROWS:
            right = logs[name].argmax(1) == test.labels
            RESULTS.store(name, seed, {"top1": 100 * right.double().mean().item()})


def table() -> None:
    """Means and standard errors over seeds."""
    print("| network | accuracy % | seeds |")
    print("| --- | --- | --- |")
    for name in ROWS:
        records = RESULTS.of(name, SEEDS)
        if records:
            shares = [record["top1"] for record in records]
            print(f"| {name} | {mean_and_error(shares)} | {', '.join(f'{share:.1f}' for share in shares)} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
