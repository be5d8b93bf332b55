"""Flows tuned to a reward, measured: the ring, the first coordinate as reward, and how near the flow is kept.

    python benchmarks/flow_rewards.py           three seeds from one base (budget: 3 CPU minutes on one thread)
    python benchmarks/flow_rewards.py table     the table in Markdown
    python benchmarks/flow_rewards.py figure    samples of seed 0

Every run has its own folder under ``runs/benchmarks/flow-rewards``; a stopped benchmark goes on where it was. The
figures are those of the last step. Results are in ``results/flow-rewards.json``.
"""

import sys
from pathlib import Path

import torch
from matplotlib.figure import Figure
from seeds import Results, command, folder_of, mean_and_error

from matchzoo import recipes
from matchzoo.core.showing.curves import INK
from matchzoo.data.points.ring import circle
from matchzoo.models.transport import Exact

RESULTS = Results("flow-rewards")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(3)
BASE, OFFLINE = "base", "the data, tilted once"
WEIGHTS = {"α = 0": 0.0, "α = 0.5": 0.5, "α = 1": 1.0, "α = 5": 5.0}
ROWS = (*WEIGHTS, OFFLINE)
COUNT = 2000


def measure(output: Path) -> None:
    """Run what is missing; the base first."""
    base = output / folder_of(BASE, 0)
    if not (base / "metrics.json").is_file():
        recipes.load("flow/ring-2d").run(base)
    start = recipes.open(base).generator
    reference = start.sample(COUNT, seed=1).values
    RESULTS.store(BASE, 0, judged(start.sample(COUNT).values, reference))
    for seed, row in RESULTS.missing(SEEDS, ROWS):
        recipe = recipes.load("flow-reward/ring-2d").replace(**{"trainer.seed": seed, "generator.init": str(base)})
        terms = recipe.table()["players"]["generator"]["minimize"]
        kept = [terms[0]] if not WEIGHTS.get(row) else [terms[0], {**terms[1], "weight": WEIGHTS[row]}]
        changes = {"players.generator.minimize": kept, "evaluation": []}
        recipe = recipe.replace(**changes, **({"sets.rewarded.of": "real"} if row == OFFLINE else {}))
        run = recipe.run(output / folder_of(row, seed), name=row)
        RESULTS.store(row, seed, {**judged(run.generator.sample(COUNT).values, reference), **run.metrics["seconds"]})


def judged(points: torch.Tensor, base: torch.Tensor) -> dict[str, float]:
    """The mean reward, the exponential of the entropy of the modes' shares, and W2 to the base's samples; points and
    base [n, 2]."""
    shares = torch.bincount(torch.cdist(points.double(), circle(8, 2.0)).argmin(1), minlength=8) / len(points)
    return {
        "reward": points[:, 0].mean().item(),
        "modes": torch.special.entr(shares).sum().exp().item(),
        "w2": Exact()(points.double(), base.double()).cost ** 0.5,
    }


def table() -> None:
    """Means and standard errors over seeds, and what the exact tilt of the ring's density has."""
    centers = circle(8, 2.0)
    tilted = torch.softmax(centers[:, 0] + 0.5 * 0.2**2, 0)
    reward = (tilted @ (centers[:, 0] + 0.2**2)).item()
    modes = torch.special.entr(tilted).sum().exp().item()
    print("| flow | reward | modes | W₂ to the base | seeds |")
    print("| --- | --- | --- | --- | --- |")
    for row in (BASE, *ROWS):
        records = RESULTS.of(row, SEEDS)
        if records:
            cells = [mean_and_error([one[name] for one in records], ".2f") for name in ("reward", "modes", "w2")]
            print(f"| {row} | {' | '.join(cells)} | {len(records)} |")
    print(f"| the ring, tilted exactly | {reward:.3f} | {modes:.2f} | | |")


def figure(output: Path) -> Figure:
    """Samples of the base and of the tuned flows of seed 1."""
    shown = {BASE: 0, "α = 5": 1, "α = 1": 1, "α = 0.5": 1, "α = 0": 1}
    drawn = Figure(figsize=(10.5, 2.4), layout="constrained")
    for axes, (row, seed) in zip(drawn.subplots(1, len(shown)), shown.items(), strict=True):
        points = recipes.open(output / folder_of(row, seed)).generator.sample(COUNT).values
        axes.scatter(*points.T, s=2, color="#1f77b4", linewidths=0, alpha=0.5)
        axes.scatter(*circle(8, 2.0).T, s=25, facecolors="none", edgecolors=INK, linewidths=0.7)
        axes.set_title(row, fontsize=10)
        if row != "α = 0":  # these have left the ring
            axes.set_xlim(-3, 3)
            axes.set_ylim(-3, 3)
        axes.tick_params(labelsize=7)
    return drawn


if __name__ == "__main__":
    if sys.argv[1:] == ["figure"]:
        figure(Path("runs/benchmarks/flow-rewards")).savefig(PICTURES / "flow-rewards.png", dpi=100)
    else:
        command(__doc__, "flow-rewards", measure, table)
