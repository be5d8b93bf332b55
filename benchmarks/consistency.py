"""Consistency of predictions, measured: 20 labels, a shift of the data, and classes without labels.

    python benchmarks/consistency.py           3 seeds of each (budget: 10 CPU minutes on one thread)
    python benchmarks/consistency.py table     the tables in Markdown

A seed is also that of the labels that are kept. Every run has its own folder under ``runs/benchmarks/consistency``; a
stopped benchmark goes on where it was. The figures are those of the last step. Results are in
``results/consistency.json``.
"""

from pathlib import Path
from typing import Any

from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("consistency")
SEEDS = range(3)
MINIMIZE, NETWORK = "players.student.minimize", "players.network.minimize"
RAMP = {"kind": "ramp", "start": 0.0, "last": 200}

LABELS = {"kind": "classification", "space": "scores"}
HEAVY = {
    "kind": "distillation",
    "space": "scores",
    "sets": ["unlabeled", "strong"],
    "divergence": "hard",
    "rows": "confident",
    "threshold": 0.8,
    "weight": {**RAMP, "end": 1.0},
}
PAIR = {"kind": "paired", "sets": ["unlabeled", "unlabeled'"], "fixed": "first"}
LIGHT = [
    {**PAIR, "space": "features", "weight": {**RAMP, "end": 1 / 64}},
    {**PAIR, "space": "probabilities", "weight": {**RAMP, "end": 1 / 10}},
]
"""Mean squares of 64 features and of ten probabilities."""
PROBABILITIES = {"projectors.probabilities": {"kind": "softmax", "on": "scores"}}
SLOW = {
    "projectors.slow": {"kind": "average", "of": "features", "decay": 0.99},
    "projectors.teacher": {"kind": "average", "of": "scores", "on": "slow", "decay": 0.99},
}
FEW: dict[str, dict[str, Any]] = {
    "20 labels alone": {MINIMIZE: [LABELS]},
    "heavy, its own teacher": {},
    "heavy, average of 0.99": {MINIMIZE: [LABELS, {**HEAVY, "space": ["teacher", "scores"]}], **SLOW},
    "light": {MINIMIZE: [LABELS, *LIGHT], **PROBABILITIES},
    "both": {MINIMIZE: [LABELS, HEAVY, *LIGHT], **PROBABILITIES},
}
"""By title, what is changed of ``consistency/digits-few``."""

DIGITS = {"kind": "digits", "size": 16, "channels": 1, "test_share": 0.22}
SHIFTS = {"noisy digits": {"kind": "noisy", "std": 0.25}, "inverted digits": {"kind": "inverted"}}
"""Ends of the names of rows whose labeled digits are as they are, all of them, and whose unlabeled ones are these."""
SHIFTED = [f"{title}, {shift}" for shift in SHIFTS for title in ("labels alone", "heavy, its own teacher")]

DISCOVERY: dict[str, dict[str, Any]] = {
    "SimGCD": {f"{NETWORK}.6.weight": 1e-12, f"{NETWORK}.7.weight": 1e-12},
    "SimGCD, KL": {f"{NETWORK}.7.weight": 1e-12},
    "SimGCD, KL, LER": {},
}
"""By title, what is changed of ``legogcd/digits``."""


def shifted(title: str) -> dict[str, Any]:
    """What is changed of ``consistency/digits-few``: all training digits have labels, those of the shift none."""
    name, shift = title.rsplit(", ", 1)
    target = {"kind": "shifted", "source": DIGITS, "shifts": [SHIFTS[shift]]}
    data = {"kind": "combined", "environments": {"labeled": DIGITS}, "others": {"unlabeled": target}}
    return {
        **FEW["20 labels alone" if name == "labels alone" else name],
        "data": {**data, "unlabeled": ["unlabeled"]},
        "evaluation": [{"kind": "accuracy", "space": "scores", "split": "unlabeled-test"}],
    }


def measure(output: Path) -> None:
    """Run what is missing; a record for every row and seed."""
    for seed, title in RESULTS.missing(SEEDS, [*FEW, *SHIFTED, *DISCOVERY]):
        measure_row(title, seed, output)


def measure_row(title: str, seed: int, output: Path) -> None:
    """Run a row with a seed, and store its record."""
    changes: dict[str, Any] = {"trainer.seed": seed}
    if title in DISCOVERY:
        changes |= {**DISCOVERY[title], "data.others.labeled.split_seed": seed}
    elif title in FEW:
        changes |= {**FEW[title], "data.environments.labeled.split_seed": seed}
    else:
        changes |= shifted(title)
    recipe = recipes.load("legogcd/digits" if title in DISCOVERY else "consistency/digits-few")
    run = recipe.replace(**changes).run(output / folder_of(title, seed), name=title, quiet=True)
    [record] = run.metrics["results"]
    RESULTS.store(title, seed, {**record, "seconds": run.metrics["seconds"]["training"]})


def table() -> None:
    """Means and standard errors over seeds."""
    print("| a classifier learns from | accuracy % | worst, best seed | seeds |\n| --- | --- | --- | --- |")
    for title in [*FEW, *SHIFTED]:
        shares = _shares(title, "top1")
        if shares:
            print(f"| {title} | {mean_and_error(shares)} | {min(shares):.1f}, {max(shares):.1f} | {len(shares)} |")

    print("\n| classes found with | all % | known % | novel % | seeds |\n| --- | --- | --- | --- | --- |")
    for title in DISCOVERY:
        columns = [_shares(title, name) for name in ("accuracy", "known", "novel")]
        if columns[0]:
            print(f"| {title} | {' | '.join(map(mean_and_error, columns))} | {len(columns[0])} |")


def _shares(title: str, name: str) -> list[float]:
    """Of a row, a figure seed by seed."""
    return [record[name] for record in RESULTS.of(title, SEEDS)]


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
