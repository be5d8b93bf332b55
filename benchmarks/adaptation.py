"""Domain adaptation, measured: black digits with labels, digits before photographs without.

    python benchmarks/adaptation.py             every row that is missing, 3 seeds each
                                                (budget: 12 CPU minutes on one thread)
    python benchmarks/adaptation.py table       the tables in Markdown

Rows are the recipes */digits-background of these methods, and variants of them. Every run has its own folder under
``runs/benchmarks/adaptation``; a stopped benchmark goes on where it was. A seed is that of training and of the splits
of the digits. The figures are those of the last step. Results are in ``results/adaptation.json``.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes

RESULTS = Results("adaptation")
SEEDS = range(3)
SPACES = ("maps", "features", "scores")
Changes = dict[str, Any]
TARGET = recipes.load("source-only/digits-background").table()["data"]["others"]["target"]
GROUP_NORM: Changes = {"projectors.maps.network.norm": "group", "projectors.features.network.output_norm": "group"}
SFDA = recipes.load("sfda/digits-background")
TERMS = SFDA.table()["players"]["network"]["minimize"]
PRIOR = torch.tensor(TERMS[1]["reduction"]["constant"], dtype=torch.float64)


def held_to(prior: torch.Tensor) -> Changes:
    """The changes that give ``sfda`` another prior [10]."""
    return {"players.network.minimize.1.reduction.constant": (prior / prior.sum()).tolist()}


def noisy(seed: int) -> Changes:
    """The prior, each share times exp(0.3 ε), ε normal."""
    noise = torch.randn(len(PRIOR), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return held_to(PRIOR * (0.3 * noise).exp())


FROZEN: Changes = {"players": {}, "trainer.steps": 0}
ONLY_ENTROPY: Changes = {"players.network.minimize": TERMS[:1]}
ONLY_KL: Changes = {"players.network.minimize": TERMS[1:]}
UNIFORM = held_to(torch.ones(len(PRIOR), dtype=torch.float64))
Row = tuple[str, Callable[[int], Changes]]
"""The method's recipe, and how it is changed for a seed."""


def always(changes: Changes | None = None) -> Callable[[int], Changes]:
    return lambda _: changes or {}


def split_by(seed: int) -> Changes:
    """The changes that split the digits by a seed."""
    target = "data.others.target"
    return dict.fromkeys(
        ("data.environments.black.split_seed", f"{target}.source.split_seed", f"{target}.split_seed"), seed
    )


def on_target(seed: int) -> Changes:
    """The changes that train on the target with its labels."""
    source = {**TARGET["source"], "split_seed": seed}
    return {"data.environments": {"target": {**TARGET, "source": source, "split_seed": seed}}}


ADAPTATION: Mapping[str, Row] = {
    **{
        name: (name, always())
        for name in (
            "source-only", "dann", "cdan", "deep-coral", "coral", "dan", "mmd", "mmd-entropy", "prototypes",
        )
    },
    "source-only with target labels": ("source-only", on_target),
    "source-only, group norm": ("source-only", always(GROUP_NORM)),
}  # fmt: skip
SOURCE_FREE: Mapping[str, Row] = {
    "sfda without a step": ("sfda", always(FROZEN)),
    "sfda": ("sfda", always()),
    "sfda, prior with noise": ("sfda", noisy),
    "sfda, uniform prior": ("sfda", always(UNIFORM)),
    "sfda, entropy alone": ("sfda", always(ONLY_ENTROPY)),
    "sfda, prior alone": ("sfda", always(ONLY_KL)),
    "sfda without a step, group norm": ("sfda", always(FROZEN | GROUP_NORM)),
    "sfda, group norm": ("sfda", always(GROUP_NORM)),
    "sfda, uniform prior, group norm": ("sfda", always(UNIFORM | GROUP_NORM)),
    "sfda, entropy alone, group norm": ("sfda", always(ONLY_ENTROPY | GROUP_NORM)),
}
TABLES = (ADAPTATION, SOURCE_FREE)


def measure(output: Path) -> None:
    """Run what is missing; a record for every row and seed."""
    rows = ADAPTATION | SOURCE_FREE
    for seed, row in RESULTS.missing(SEEDS, tuple(rows)):
        method, changed = rows[row]
        changes = {"trainer.seed": seed, **split_by(seed), **changed(seed)}
        if "group norm" in row:  # has no statistics of batches
            changes["evaluation"] = SFDA.table()["evaluation"][:1]
        if method == "sfda":
            start = str(output / folder_of("source-only" + ", group norm" * ("group norm" in row), seed))
            changes |= {f"projectors.{space}.init": start for space in SPACES}
        run = recipes.load(f"{method}/digits-background").replace(**changes).run(output / folder_of(row, seed))
        accuracies = [record["top1"] for record in run.metrics["results"]]
        record = dict(zip(("running", "target"), accuracies, strict=False))
        record["seconds"] = run.metrics["seconds"]["training"]
        RESULTS.store(row, seed, record)


def table(rows: Mapping[str, Row]) -> None:
    """Means and standard errors over seeds."""
    print("| recipe | statistics of training % | batch norm of the target % | worst seed | seeds |")
    print("| --- | --- | --- | --- | --- |")
    for row, (method, _) in rows.items():
        records = RESULTS.of(row, SEEDS)
        if not records:
            continue
        values = {part: [record[part] for record in records if part in record] for part in ("running", "target")}
        cells = [mean_and_error(column) if column else "" for column in values.values()]
        worst = min(values["target"] or values["running"])
        title = row.replace(method, f"`{method}/digits-background`", 1)
        print(f"| {title} | {' | '.join(cells)} | {worst:.1f} | {len(records)} |")
    print()


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, *(functools.partial(table, rows) for rows in TABLES))
