"""Flows, measured: on the ring with and without transport couplings, among codes of digits and of Fashion-MNIST, and on
the pixels of the latter, which needs its files in ``data/`` (make data).

    python benchmarks/flows.py                  three seeds of each (budget: 8 CPU minutes on one thread)
    python benchmarks/flows.py table            the table in Markdown
    python benchmarks/flows.py figure           paths and field of both flows on the ring, of seed 0

Every run has its own folder under ``runs/benchmarks/flows``; a stopped benchmark goes on where it was. The figures are
those of the last step. Results are in ``results/flows.json``.
"""

import argparse
import statistics
from pathlib import Path

import torch
from matplotlib.figure import Figure
from seeds import Results, folder_of

from matchzoo import recipes
from matchzoo.core.showing.curves import INK
from matchzoo.core.step import Step
from matchzoo.evaluation.metrics.frechet import frechet_distance
from matchzoo.models.fields import Euler
from matchzoo.runs.run import Run

RESULTS = Results("flows")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(3)
COUPLED = {"players.generator.minimize": [{"kind": "flow-matching", "coupling": "exact"}]}
LATENT = {"players.generator.minimize": [{"kind": "flow-matching", "space": "codes"}]}
PIXELS = "Fashion-MNIST pixels, U-Net"
"""Of one seed only."""
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "ring, independent": ("flow/ring-2d", {}),
    "ring, exact coupling": ("flow/ring-2d", COUPLED),
    "digits, independent": ("flow/digits-latent", LATENT),
    "digits, exact coupling": ("flow/digits-latent", {}),
    "Fashion-MNIST, independent": ("flow/fashion-mnist-latent", {}),
    PIXELS: ("flow/fashion-mnist", {}),
}
"""By title, a recipe and what is changed of it."""
STEPS = [{"kind": "flow-steps", "samples": 2000}]


def measure(output: Path) -> None:
    """Run what is missing; a record for every case and seed."""
    for seed in SEEDS:
        for title, (name, changes) in CASES.items():
            if RESULTS.of(title, [seed]) or (title == PIXELS and seed):
                continue
            recipe = recipes.load(name).replace(**{"trainer.seed": seed, **changes})
            if name.endswith("latent"):
                data = name.removeprefix("flow/").removesuffix("-latent")
                codes = output / (f"codes-{seed}" if data == "digits" else f"codes-{data}-{seed}")
                if not (codes / "metrics.json").is_file():
                    recipes.load(f"auto-encoder/{data}").replace(**{"trainer.seed": seed}).run(codes)
                recipe = recipe.replace(**{"projectors.codes.path": str(codes)})
            elif title != PIXELS:
                recipe = recipe.replace(evaluation=[*recipe.table()["evaluation"], *STEPS])
            run = recipe.run(output / folder_of(title, seed), name=title)
            record = {"results": run.metrics["results"], "seconds": run.metrics["seconds"]["training"]}
            if title.startswith("Fashion"):
                record["frechet"] = frechet_of_pixels(run)
            RESULTS.store(title, seed, record)


def frechet_of_pixels(run: Run) -> float:
    """The Fréchet distance of 2000 generated to as many test images, in pixels."""
    data = run.recipe.copy().data
    data.build(0)
    assert data.test_set is not None
    truth = data.test_set.render(torch.arange(2000)).values.flatten(1)
    return frechet_distance(truth, run.generator.sample(2000).values.flatten(1))


def figures(record: dict) -> dict[str, float]:
    """The figures of a run that the table shows."""
    by_method = {one["method"]: one for one in record["results"] if one["evaluation"] == "flow-steps"}
    shown = {"MMD²": next(one["mmd2"] for one in record["results"] if one["evaluation"] == "two-sample")}
    if "frechet" in record:
        shown["Fréchet"] = record["frechet"]
    if not by_method:
        return shown
    flow = next(one for one in by_method.values() if "straightness" in one)
    shown |= {
        "W₂² after 1 step": by_method["1 Euler step"]["w2_squared"],
        "4": by_method["4 Euler steps"]["w2_squared"],
        "50": by_method["50 Euler steps"]["w2_squared"],
        "real": by_method["training data"]["w2_squared"],
        "straightness": flow["straightness"],
    }
    modes = [one for one in record["results"] if one["evaluation"] == "mode-coverage"]
    if modes:
        shown |= {"modes": modes[0]["modes"], "high quality": modes[0]["high_quality"]}
    return shown


def table() -> None:
    """Means and standard errors over seeds."""
    columns = ["modes", "high quality", "MMD²", "Fréchet", "W₂² after 1 step", "4", "50", "real", "straightness"]
    print(f"| flow | {' | '.join(columns)} | seeds |")
    print(f"| --- |{' --- |' * (len(columns) + 1)}")
    for title in CASES:
        rows = [figures(record) for record in RESULTS.of(title, SEEDS)]
        if not rows:
            continue
        cells = [_mean_and_error([row[column] for row in rows]) if column in rows[0] else "" for column in columns]
        print(f"| {title} | {' | '.join(cells)} | {len(rows)} |")


@torch.no_grad()
def figure(output: Path) -> Figure:
    """Paths of 150 points, and the field half-way, of independent pairs and of those of a plan."""
    drawn = Figure(figsize=(8.4, 4.2), layout="constrained")
    for axes, title in zip(drawn.subplots(1, 2), ("ring, independent", "ring, exact coupling"), strict=True):
        flow = recipes.open(output / folder_of(title, 0)).generator
        derivative, start = flow.problem(flow.draw(150, Step(0, 0).rng("figure")))
        paths = torch.stack(Euler(steps=50).trajectory(derivative, start))
        line = torch.linspace(-3, 3, 19)
        grid = torch.cartesian_prod(line, line)
        velocities = derivative(grid, torch.tensor(0.5))
        axes.quiver(*grid.T, *velocities.T, color=INK, alpha=0.25, width=0.003)
        axes.plot(*paths.permute(2, 0, 1), color="#1f77b4", linewidth=0.5, alpha=0.6)
        axes.scatter(*paths[-1].T, s=8, color="#d95f02", zorder=3)
        axes.set_title(title.removeprefix("ring, "))
        axes.set_aspect("equal")
        axes.set_xlim(-3, 3)
        axes.set_ylim(-3, 3)
    return drawn


def _mean_and_error(values: list[float]) -> str:
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.4g} ± {error:.1g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table", "figure"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/flows"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    if given.what == "figure":
        figure(given.output).savefig(PICTURES / "flows.png", dpi=100)
    else:
        table()


if __name__ == "__main__":
    main()
