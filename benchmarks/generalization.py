"""Training for domains that nobody has seen: a learned consistency of styles (ITTA), and a precursor (SMOS, MIRO).

    python benchmarks/generalization.py             every row that is missing, 3 seeds each (5 CPU minutes on one
                                                    thread; needs Fashion-MNIST: make data)
    python benchmarks/generalization.py table       the tables in Markdown

Rows are the recipes ``itta/digits-contrast`` and ``smos/digits-shifted`` and variants of them; a seed is that of
training. The figures are those of the last step. Every run has its own folder under
``runs/benchmarks/generalization``; a stopped benchmark goes on where it was. Results, the mean accuracy over the tests
of a recipe in percent, are in ``results/generalization.json``.
"""

import functools
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seeds import Results, command, mean_and_error

from matchzoo import recipes

RESULTS = Results("generalization")
SEEDS = range(3)
Changes = dict[str, Any]


def with_terms(name: str, *positions: int, weight: float | None = None, **term: Any) -> Changes:
    """The changes that leave a recipe one player, of some of its terms and perhaps one more."""
    player = recipes.load(name).table()["players"]["network"]
    minimize = [player["minimize"][position] for position in positions]
    if term:
        minimize.append({**term, "weight": weight})
    return {"players": {"network": {**player, "minimize": minimize}}, "trainer.schedule": None}


ITTA, SMOS, PRECURSOR = "itta/digits-contrast", "smos/digits-shifted", "smos/fashion-styles"
STYLES: Mapping[str, Changes] = {
    "one view": with_terms(ITTA, 0),
    "both styles": with_terms(ITTA, 0, 1),
    "both styles, consistency, fixed": with_terms(ITTA, 0, 1, 2),
    "`itta/digits-contrast`": {},
    "the same, ten layers with ReLU between": {"projectors.map.network": {"kind": "affine", "layers": 10}},
}
SCRATCH: Changes = {"projectors.maps.init": None, "projectors.features.init": None}
DIVERGENCE = {"kind": "paired", "distance": "jensen-shannon", "sets": ["real"], "space": ["features", "precursor"]}
FROZEN = with_terms(SMOS, 0)
FROZEN["players"]["network"] = {**FROZEN["players"]["network"], "moves": ["scores"]}
GROUNDED: Mapping[str, Changes] = {
    "from scratch": with_terms(SMOS, 0) | SCRATCH,
    "from scratch, grounded": SCRATCH,
    "from the precursor": with_terms(SMOS, 0),
    "`smos/digits-shifted`": {},
    "from the precursor, divergence of softmax": with_terms(SMOS, 0, weight=0.15, **DIVERGENCE),
    "from the precursor, only the head moves": FROZEN,
}
TABLES = ((ITTA, STYLES), (SMOS, GROUNDED))


def measure(output: Path) -> None:
    """Run what is missing; an accuracy for every row and seed."""
    for seed in SEEDS:
        precursor = output / f"precursor-{seed}"
        for name, rows in TABLES:
            for position, (row, changed) in enumerate(rows.items()):
                if RESULTS.of(f"{name} {row}", [seed]):
                    continue

                changes: Changes = {"trainer.seed": seed}
                if name == SMOS:
                    if not precursor.is_dir():
                        recipes.load(PRECURSOR).replace(**changes).run(precursor)
                    fields = ("projectors.maps.init", "projectors.features.init", "projectors.precursor.path")
                    changes |= dict.fromkeys(fields, str(precursor))
                folder = output / f"{name.partition('/')[0]}-{position}-{seed}"
                run = recipes.load(name).replace(**changes | changed).run(folder, name=row.strip("`"))
                accuracy = statistics.mean(record["top1"] for record in run.metrics["results"])
                RESULTS.store(f"{name} {row}", seed, accuracy)


def table(name: str, rows: Mapping[str, Changes]) -> None:
    """Means and standard errors over seeds."""
    print(f"| `{name}` | accuracy % | worst seed | seeds |")
    print("| --- | --- | --- | --- |")
    for row in rows:
        values = RESULTS.of(f"{name} {row}", SEEDS)
        if values:
            cells = [mean_and_error(values), f"{min(values):.1f}", str(len(values))]
            print(f"| {row} | {' | '.join(cells)} |")
    print()


if __name__ == "__main__":
    command(__doc__, RESULTS.name, measure, *(functools.partial(table, name, rows) for name, rows in TABLES))
