"""Training for domains that nobody has seen: a learned consistency of styles (ITTA), and a precursor (SMOS, MIRO).

    python benchmarks/generalization.py             every row that is missing, 3 seeds each (5 CPU minutes on one
                                                    thread; needs Fashion-MNIST: make data)
    python benchmarks/generalization.py table       the tables in Markdown

Rows are the recipes ``itta/digits-contrast`` and ``smos/digits-shifted`` and variants of them; a seed is that of
training. The figures are those of the last step. Every run has its own folder under
``runs/benchmarks/generalization``; a stopped benchmark goes on where it was. Results, the mean accuracy over the tests
of a recipe in percent, are in ``results/generalization.json``.
"""

import argparse
import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

STORE = Path(__file__).parent / "results/generalization.json"
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
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for seed in SEEDS:
        precursor = output / f"precursor-{seed}"
        for name, rows in TABLES:
            for position, (row, changed) in enumerate(rows.items()):
                key = f"{name} {row} {seed}"
                if key in stored:
                    continue

                changes: Changes = {"trainer.seed": seed}
                if name == SMOS:
                    if not precursor.is_dir():
                        recipes.load(PRECURSOR).replace(**changes).run(precursor)
                    fields = ("projectors.maps.init", "projectors.features.init", "projectors.precursor.path")
                    changes |= dict.fromkeys(fields, str(precursor))
                folder = output / f"{name.partition('/')[0]}-{position}-{seed}"
                run = recipes.load(name).replace(**changes | changed).run(folder, name=row.strip("`"))
                stored[key] = statistics.mean(record["top1"] for record in run.metrics["results"])
                files.write_json(STORE, stored)


def table(name: str, rows: Mapping[str, Changes]) -> None:
    """Means and standard errors over seeds."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    print(f"| `{name}` | accuracy % | worst seed | seeds |")
    print("| --- | --- | --- | --- |")
    for row in rows:
        values = [stored[f"{name} {row} {seed}"] for seed in SEEDS if f"{name} {row} {seed}" in stored]
        if values:
            error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
            cells = [with_spread(statistics.mean(values), error), f"{min(values):.1f}", str(len(values))]
            print(f"| {row} | {' | '.join(cells)} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/generalization"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    for name, rows in TABLES:
        table(name, rows)


if __name__ == "__main__":
    main()
