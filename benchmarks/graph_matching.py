"""Are two views of the same digits paired by features that learned to pair them? First and second order.

    python benchmarks/graph_matching.py          three seeds of each (budget: 4 CPU minutes on one thread)
    python benchmarks/graph_matching.py table    the table in Markdown

Every encoder is that of ``graph-matching/digits`` at its declared length, with another term or none. It is judged on 50
batches of 16 test digits in two views each, by the share of rows that a linear, and a quadratic, assignment of its
features pairs with their own counterpart. Results are in ``results/graph-matching.json``.
"""

from pathlib import Path
from typing import Any

import torch
from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes
from matchzoo.core.step import Step
from matchzoo.matchers import graph_affinities
from matchzoo.models.transport import quadratic_assignment
from matchzoo.projectors import Projector
from matchzoo.training.composition import Composition

RESULTS = Results("graph-matching")
SEEDS = range(3)
ROWS, BATCHES = 16, 50
UNTRAINED = "random encoder"
TRAINED: dict[str, dict[str, Any]] = {
    "linear assignment": {"players.encoder.minimize.0.edges": 0.0},
    "quadratic assignment": {},
    "InfoNCE": {
        "players.encoder.minimize": [{"kind": "info-nce", "temperature": 0.2, "form": "symmetric"}],
    },
}
"""By title, what is changed of the recipe."""


def measure(output: Path) -> None:
    """Train and judge what is missing."""
    for seed, row in RESULTS.missing(SEEDS, [UNTRAINED, *TRAINED]):
        recipe = recipes.load("graph-matching/digits").replace(**{"trainer.seed": seed, **TRAINED.get(row, {})})
        parts = recipe.build()
        if row == UNTRAINED:
            record = paired(parts, parts.projectors["encoder"])
        else:
            run = recipe.run(output / folder_of(row, seed), name=row)
            record = paired(parts, run.projectors["encoder"])
        RESULTS.store(row, seed, record)


@torch.no_grad()
def paired(parts: Composition, encoder: Projector) -> dict[str, float]:
    """Percent of rows that find their counterpart, by a linear and by a quadratic assignment."""
    test, views = parts.data.test_set, parts.views
    assert test is not None
    assert views is not None
    shares = {"linear": 0.0, "quadratic": 0.0}
    for batch in range(BATCHES):
        rng = Step(batch, 0).rng("judge")
        images = test.render(torch.randperm(len(test), generator=rng)[:ROWS]).values
        x, y = (encoder.project(views.apply(images, views.draw(ROWS, rng))) for _ in range(2))
        for name, edges in (("linear", 0.0), ("quadratic", 0.5)):
            pairing, _ = quadratic_assignment(*graph_affinities(x, y, edges=edges))
            shares[name] += 100 * (pairing == torch.arange(ROWS)).double().mean().item() / BATCHES
    return shares


def table() -> None:
    """Means and standard errors over seeds."""
    print("| trained by | paired by vertices % | by vertices and edges % | seeds |\n| --- | --- | --- | --- |")
    for row in (UNTRAINED, *TRAINED):
        records = RESULTS.of(row, SEEDS)
        if records:
            cells = [mean_and_error([record[name] for record in records]) for name in ("linear", "quadratic")]
            print(f"| {row} | {' | '.join(cells)} | {len(records)} |")


if __name__ == "__main__":
    command(__doc__, "graph-matching", measure, table)
