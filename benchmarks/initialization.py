"""Penalties on environments from several starts, measured: random weights, training without a penalty, rich features.

    python benchmarks/initialization.py           V-REx, IRM and HGP on colored digits from each, 3 seeds
                                                  (budget: 8 CPU minutes on one thread)
    python benchmarks/initialization.py table     the table in Markdown

Rich feature construction is a chain of recipes: rfc-first, rfc-second, rfc-synthesis, and then the penalty. Every run
has its own folder under ``runs/benchmarks/initialization``; a stopped benchmark goes on where it was. The figures are
those of the last step. Results are in ``results/initialization.json``.
"""

import itertools
from pathlib import Path
from typing import Any

from seeds import Results, command, mean_and_error

from matchzoo import recipes

RESULTS = Results("initialization")
SEEDS = range(3)
STARTS = ("random", "erm", "rich features", "rich features, frozen")
ROUNDS = ("first", "second", "synthesis")
ERM_STEPS = 250
ALIKE: dict[str, Any] = {
    "kind": "statistic",
    "sets": "environments",
    "distance": "squared",
    "reduction": "to-mean",
    "space": "features",
}
CLASSIFICATION = recipes.load("rfc-v-rex/colored-digits").table()["players"]["network"]["minimize"][0]
PENALTIES: dict[str, list[dict[str, Any]]] = {
    "v-rex": [{**ALIKE, "space": "scores", "statistic": "risk"}],
    "irm": [{"kind": "invariant-risk", "space": "scores", "sets": "environments"}],
    "hgp": [
        {**ALIKE, "statistic": {"kind": "linear-head", "head": "scores"}},
        {**ALIKE, "statistic": {"kind": "linear-head", "head": "scores", "quantity": "hessian-gradient"}},
    ],
}
SCORES = "scores"


def ran(name: str, folder: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """The results of a recipe in a folder, run if it is not yet."""
    metrics: dict[str, Any] = recipes.load(f"{name}/colored-digits").replace(**changes).run(folder, name=name).metrics
    return metrics


def rounds(folder: Path, seed: int) -> dict[str, float]:
    """Run the chain up to the synthesis; the accuracies of the rounds where the color is reversed."""
    changes: dict[str, dict[str, Any]] = {
        "first": {},
        "second": {"data.models": [str(folder / "first")]},
        "synthesis": {"data.models": [str(folder / "first"), str(folder / "second")]},
    }
    accuracies = {}
    for name in ROUNDS:
        results = ran(f"rfc-{name}", folder / name, {**changes[name], "trainer.seed": seed})["results"]
        accuracies[name] = results[1]["top1"]
    return accuracies


def starts(folder: Path, start: str) -> dict[str, Any]:
    """What a recipe changes to begin from one of the starts."""
    if start == "random":
        return {"projectors.features.init": None, "projectors.scores.init": None}
    if start == "erm":
        return {f"projectors.{name}.init": str(folder / "erm") for name in ("features", SCORES)}
    synthesis = folder / "synthesis"
    changes: dict[str, Any] = {
        "projectors.features.init": str(synthesis),
        "projectors.scores.init": [f"{synthesis}#first", f"{synthesis}#second"],
    }
    return changes | ({"players.network.moves": [SCORES]} if start.endswith("frozen") else {})


def measure(output: Path) -> None:
    """Run what is missing; a record for every penalty, start and seed."""
    for seed in SEEDS:
        folder = output / f"seed-{seed}"
        if not RESULTS.of("rounds", [seed]):
            ran("rfc-first", folder / "erm", {"trainer.seed": seed, "trainer.steps": ERM_STEPS})
            RESULTS.store("rounds", seed, rounds(folder, seed))
        for penalty, start in itertools.product(PENALTIES, STARTS):
            row = f"{penalty}, {start},"
            if RESULTS.of(row, [seed]):
                continue
            changes = {**starts(folder, start), "trainer.seed": seed}
            changes["players.network.minimize"] = [CLASSIFICATION, *PENALTIES[penalty]]
            metrics = ran("rfc-v-rex", folder / f"{penalty} {start}".replace(", ", "-").replace(" ", "-"), changes)
            training, reversed_ = (record["top1"] for record in metrics["results"])
            seconds = metrics["seconds"]["training"]
            RESULTS.store(row, seed, {"training": training, "reversed": reversed_, "seconds": seconds})


def table() -> None:
    """Accuracies where the color is reversed: means and standard errors over seeds."""
    print(f"| penalty | {' | '.join(STARTS)} |\n| --- |{' --- |' * len(STARTS)}")
    for penalty in PENALTIES:
        cells = []
        for start in STARTS:
            values = [record["reversed"] for record in RESULTS.of(f"{penalty}, {start},", SEEDS)]
            cells.append(mean_and_error(values) if values else "")
        print(f"| {penalty} | {' | '.join(cells)} |")
    for name in ROUNDS[:2]:
        print(name, [round(record[name], 1) for record in RESULTS.of("rounds", SEEDS)])


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, table)
