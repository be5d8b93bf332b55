"""Wrong labels, measured: what a classifier says in the end, with and without targets in memory.

    python benchmarks/noisy_labels.py           3 seeds each of network, flips and order (budget: 6 CPU minutes)
    python benchmarks/noisy_labels.py table     the tables in Markdown

Two labels in five are those of another class. Cross-entropy is the recipe of ELR without its second term. Every run has
its own folder under ``runs/benchmarks/noisy-labels``; a stopped benchmark goes on where it was. Results are in
``results/noisy-labels.json``. Fashion-MNIST is read from ``data`` (``make data``), or from $MATCHZOO_DATA.
"""

import os
from pathlib import Path
from typing import Any

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("noisy-labels")
SEEDS = range(3)
PLAIN = {"players.classifier.minimize": [{"kind": "classification"}]}
FALLING = {"players.classifier.optimizer.lr": {"kind": "cosine", "start": 1e-3, "steps": 1170}}
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "Fashion-MNIST, cross-entropy": ("elr/fashion-mnist-noisy", PLAIN),
    "Fashion-MNIST, cross-entropy, 5 passes": ("elr/fashion-mnist-noisy", {**PLAIN, "trainer.steps": 195}),
    "Fashion-MNIST, PS-KD": ("ps-kd/fashion-mnist-noisy", {"players.classifier.optimizer.lr": 1e-3}),
    "Fashion-MNIST, ELR": ("elr/fashion-mnist-noisy", {}),
    "Fashion-MNIST, cross-entropy, falling rate": ("elr/fashion-mnist-noisy", {**PLAIN, **FALLING}),
    "Fashion-MNIST, PS-KD, falling rate": ("ps-kd/fashion-mnist-noisy", {}),
    "Fashion-MNIST, ELR, falling rate": ("elr/fashion-mnist-noisy", FALLING),
    "digits, cross-entropy, 150 passes": ("elr/digits-noisy", PLAIN),
    "digits, ELR, 150 passes": ("elr/digits-noisy", {}),
    "digits, cross-entropy, 40 passes": ("elr/digits-noisy", {**PLAIN, "trainer.steps": 880}),
    "digits, PS-KD, 40 passes": ("ps-kd/digits-noisy", {}),
}
"""The recipe of a row, and what is changed in it."""


def measure(output: Path) -> None:
    """Run what is missing; a record for every row and seed."""
    for seed, title in RESULTS.missing(SEEDS, list(ROWS)):
        name, changes = ROWS[title]
        changes = {**changes, "trainer.seed": seed, "data.noise_seed": seed}
        if "fashion" in name:
            changes["data.source.source.root"] = os.environ.get("MATCHZOO_DATA", "data")
        run = recipes.load(name).replace(**changes).run(output / folder_of(title, seed), name=title)
        accuracy, memorization, *memory, calibration = run.metrics["results"]
        record = {"top1": accuracy["top1"], "ece": calibration["ece"], "seconds": run.metrics["seconds"]["training"]}
        record |= {key: memorization[key] for key in ("memorized", "repaired")}
        if memory:
            record["memory_right"] = memory[0]["right"]
        RESULTS.store(title, seed, record)


def table() -> None:
    """Means and standard errors over seeds."""
    print("| data, trained with | accuracy % | memorized % | repaired % | memory right % | calibration error % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for title in ROWS:
        records = RESULTS.of(title, SEEDS)
        if records:
            names = ("top1", "memorized", "repaired", "memory_right", "ece")
            cells = [mean_and_error([r[name] for r in records]) if name in records[0] else "" for name in names]
            print(f"| {title} | {' | '.join(cells)} |")


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
