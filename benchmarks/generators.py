"""Generators at equal CPU seconds: GRAM-nets, GANs, MMD-nets, MMD-GANs and flows on four data sets.

    python benchmarks/generators.py             five seeds of each (budget: 70 CPU minutes on one thread)
    python benchmarks/generators.py table       the tables in Markdown
    python benchmarks/generators.py figure      quality against CPU seconds

What a step of each method costs is measured first, in CPU seconds of one thread, all methods of a data set in turn in
short blocks, so that other work on the machine disturbs all of them alike; the median counts, is stored, and says how
many steps fit into every budget. A method with constant step sizes is trained once per seed, and judged when the steps
of each budget are done. A step size that falls does so to the end of a run, so such a method has a run for every
budget, its schedule and the length of its average in proportion; a flow among codes leaves half of the seconds to its
auto-encoder. Judging costs nothing. Results are in ``results/generators.json``; a stopped benchmark goes on where it
was. Needs Fashion-MNIST (make data).
"""

import argparse
import copy
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import torch
from matplotlib.figure import Figure
from seeds import Results, mean_and_error

from matchzoo import recipes
from matchzoo.core.numerics.kernels import Gaussian
from matchzoo.data import Data
from matchzoo.data.points.gaussian_mixture import GaussianMixture
from matchzoo.evaluation.evaluation import some_rows
from matchzoo.evaluation.generated.mode_coverage import mode_coverage
from matchzoo.evaluation.metrics import frechet_distance
from matchzoo.generators import Flow
from matchzoo.matchers import squared_mmd
from matchzoo.models.fields import Euler, OdeSolver
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

RESULTS = Results("generators")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(5)
METHODS = {"GRAM-net": "gram", "GAN": "gan", "MMD-net": "mmd-net", "flow": "flow", "coupled flow": "flow"}
METHODS |= {"MMD-GAN": "mmd-gan"}
ORDER = (("GRAM-net", "GAN", "MMD-net", "flow"), ("MMD-GAN",), ("coupled flow",))
"""All seeds of the first, then all of the others."""
SAMPLES, FEWER = 5000, 2000
"""Of each side, or all test samples where there are fewer: of the modes and the Fréchet distance, and of MMD²."""
COUPLING = "players.generator.minimize.0.coupling"
COUPLINGS = {"flow": {COUPLING: None}, "coupled flow": {COUPLING: "exact"}}
CODES = "auto-encoder"
BLOCKS, BLOCK = 15, 10
PLAIN = {"kind": "mlp", "widths": [256, 256]}
DECODER = {"kind": "mlp", "widths": [256, 256], "output": "sigmoid"}
IMAGES = {**DECODER, "norm": "batch"}


@attrs.frozen
class Source:
    """A data set.

    Attributes:
        name: of its recipes.
        budgets: in CPU seconds.
        bandwidths: of the judge's MMD².
        changes: to the recipes of some methods.
        latent: whether its flow is among the codes of an auto-encoder; else the modes of the data are known.
    """

    name: str
    budgets: tuple[int, ...]
    bandwidths: tuple[float, ...]
    changes: dict[str, dict[str, Any]] = attrs.Factory(dict)
    latent: bool = False

    @property
    def has_modes(self) -> bool:
        """Whether modes can be counted."""
        return not self.latent


SOURCES = {
    "ring": Source("ring-2d", (2, 5, 10, 20), (0.2, 0.5, 1.0, 2.0)),
    "tilted ring": Source("ring-3d", (2, 5, 10, 20), (0.2, 0.5, 1.0, 2.0)),
    "digits": Source("digits", (5, 10, 20), (0.5, 1.0, 2.0, 4.0), latent=True),
    "Fashion-MNIST": Source(
        "fashion-mnist",
        (5, 10, 20),
        (2.0, 4.0, 8.0, 16.0),
        {
            "GRAM-net": {
                "generator.network": IMAGES,
                "projector.network": PLAIN,
                "players.generator.optimizer.lr": 1e-3,
                "players.projector.optimizer.lr": 1e-4,
            },
            "GAN": {"generator.network": IMAGES, "projector.network": PLAIN},
            "MMD-net": {"generator.network": IMAGES},
            "MMD-GAN": {"generator.network": IMAGES, "projector.encoder": PLAIN, "projector.decoder": DECODER},
        },
        latent=True,
    ),
}
"""By title. The recipes of Fashion-MNIST have convolutions, but for the flow's: here all methods have perceptrons, and
the step sizes of the GRAM-net, which fall over 6000 steps in its recipe, stay as they are in the few that it has."""


def recipe_of(source: Source, method: str, seed: int = 0) -> Recipe:
    """A method's recipe for a data set."""
    if method == CODES:
        name = f"{CODES}/{source.name}"
    else:
        name = f"{METHODS[method]}/{source.name}" + ("-latent" if source.latent and is_flow(method) else "")
    recipe = recipes.load(name)
    changes = source.changes.get(method, {}) | COUPLINGS.get(method, {})
    return recipe.replace(**{"trainer.seed": seed, "trainer.device": "cpu", "evaluation": [], **changes})


def is_flow(method: str) -> bool:
    """Whether it is a flow."""
    return method in COUPLINGS


def methods_of(source: Source) -> list[str]:
    """What is trained on a data set."""
    return [*METHODS, CODES] if source.latent else [*METHODS]


def training_of(recipe: Recipe) -> tuple[Training, float]:
    """A recipe before its first step, and the CPU seconds of its preparation."""
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    began = time.process_time()
    training.prepare(quiet=True)
    return training, time.process_time() - began


def falling(recipe: Recipe) -> list[str]:
    """The keys of its step sizes that fall to the end of its run."""
    players = recipe.table()["players"].items()
    return [f"players.{name}.optimizer.lr" for name, player in players if isinstance(player["optimizer"]["lr"], dict)]


def scaled(recipe: Recipe, steps: int) -> Recipe:
    """A recipe for a run of so many steps: its cosines, and the length of its average, in proportion."""
    changes: dict[str, Any] = {f"{lr}.steps": steps for lr in falling(recipe)} | {"trainer.steps": steps}
    average = recipe.table()["generator"].get("average")
    if average is not None:
        changes["generator.average"] = max(1 - (1 - average) * recipe.trainer.steps / steps, 0.0)
    return recipe.replace(**changes)


def costs(title: str, output: Path) -> dict[str, float]:
    """CPU seconds of a step, by method, the median of blocks in turn; and of the preparation of flows among codes."""
    if not RESULTS.of(f"{title} costs", [0]):
        source, trainings, prepared = SOURCES[title], {}, 0.0
        for method in reversed(methods_of(source)):  # a flow among codes needs some
            recipe = recipe_of(source, method)
            if source.latent and is_flow(method):
                codes = output / f"{source.name}-codes-of-costs"
                recipe_of(source, CODES).replace(**{"trainer.steps": 2}).run(codes, quiet=True)
                recipe = recipe.replace(**{"projectors.codes.path": str(codes)})
            trainings[method], seconds = training_of(recipe)
            prepared = seconds if is_flow(method) else prepared
        times: dict[str, list[float]] = {method: [] for method in trainings}
        for block in range(BLOCKS + 1):
            for method, training in trainings.items():
                began = time.process_time()
                for number in range(block * BLOCK + 1, (block + 1) * BLOCK + 1):
                    training.step(number)
                if block:  # the first warms up
                    times[method].append((time.process_time() - began) / BLOCK)
        medians = {method: statistics.median(values) for method, values in times.items()}
        RESULTS.store(f"{title} costs", 0, {**medians, "preparation": prepared if source.latent else 0.0})
    if not RESULTS.of(f"{title} real samples", [0]):
        data = recipe_of(SOURCES[title], "GAN").build().data
        real = data.training_set.render(some_rows(data.training_set, SAMPLES)).values
        RESULTS.store(f"{title} real samples", 0, figures_of(SOURCES[title], data, real))
    [record] = RESULTS.of(f"{title} costs", [0])
    return record


def figures_of(source: Source, data: Data, generated: torch.Tensor) -> dict[str, float]:
    """How far samples [n, …] are from test samples: MMD², and modes or the Fréchet distance of pixels."""
    assert data.test_set is not None
    test = data.test_set.render(some_rows(data.test_set, SAMPLES)).values.flatten(1).double()
    x, y = generated.flatten(1)[:FEWER].double(), test[:FEWER]
    kernel = Gaussian(bandwidths=source.bandwidths)
    figures = {"mmd2": squared_mmd(x, y, kernel, "unbiased").item() / len(source.bandwidths)}
    if isinstance(data, GaussianMixture):
        coverage = mode_coverage(data.offsets(generated), generated.shape[1])
        return figures | {key: coverage[key] for key in ("modes", "high_quality")}
    return figures | {"frechet": frechet_distance(generated.flatten(1)[: len(test)].double(), test)}


@torch.no_grad()
def judged(source: Source, training: Training, solver: OdeSolver | None = None) -> dict[str, float]:
    """`figures_of` what a generator gives; a flow may have another solver."""
    parts = training.parts
    for part in parts.names.values():
        part.eval()
    generator = parts.require_generator()
    if isinstance(generator, Flow) and solver is not None:
        generator = copy.copy(generator)
        generator.solver = solver
    figures = figures_of(source, parts.data, generator.sample(SAMPLES).values)
    for part in parts.names.values():
        part.train()
    return figures


def by_budget(title: str, method: str, seed: int, output: Path) -> dict[str, Any]:
    """What is measured at every budget, by its seconds."""
    source, cost = SOURCES[title], costs(title, output)
    recipe = recipe_of(source, method, seed)
    if not falling(recipe):
        steps = [int(budget / cost[method]) for budget in source.budgets]
        by_step, _ = curve(source, recipe.replace(**{"trainer.steps": steps[-1]}), steps)
        return {str(budget): by_step[number] for budget, number in zip(source.budgets, steps, strict=True)}
    figures: dict[str, Any] = {}
    for budget in source.budgets:
        seconds = float(budget)
        if source.latent and is_flow(method):
            seconds = budget / 2 - cost["preparation"]
            codes = output / f"{source.name}-codes-{budget}-{seed}"
            auto_encoder = recipe_of(source, CODES, seed)
            auto_encoder.replace(**{"trainer.steps": int(budget / 2 / cost[CODES])}).run(codes, quiet=True)
            recipe = recipe.replace(**{"projectors.codes.path": str(codes)})
        steps = max(int(seconds / cost[method]), 1)
        by_step, training = curve(source, scaled(recipe, steps), [steps])
        figures[str(budget)] = by_step[steps]
    if is_flow(method):
        figures["50 Euler steps"] = judged(source, training, Euler(steps=50))  # of the largest budget
    return figures


def curve(source: Source, recipe: Recipe, marks: Sequence[int]) -> tuple[dict[int, dict[str, Any]], Training]:
    """Train to the last of some steps; what is measured at each of them."""
    training, seconds = training_of(recipe)
    figures: dict[int, dict[str, Any]] = {}
    began = time.process_time()
    for number in range(1, marks[-1] + 1):
        training.check(training.step(number), number)
        if number in marks:
            seconds += time.process_time() - began
            figures[number] = {**judged(source, training), "steps": number, "cpu_seconds": round(seconds, 2)}
            began = time.process_time()
    return figures, training


def measure(output: Path, titles: Sequence[str], seeds: Sequence[int]) -> None:
    """Run what is missing of some data sets, seed by seed."""
    for methods in ORDER:
        rows = {f"{title} {method}": (title, method) for title in titles for method in methods}
        for seed, row in RESULTS.missing(seeds, [*rows]):
            title, method = rows[row]
            RESULTS.store(row, seed, by_budget(title, method, seed, output))


def values(title: str, method: str, budget: int, figure: str) -> list[float]:
    """A figure at a budget, of those seeds that were measured."""
    return [record[str(budget)][figure] for record in RESULTS.of(f"{title} {method}", SEEDS)]


def summary() -> None:
    """MMD² × 1000 at the largest budget, a row a method and a column a data set."""
    titles = {title: f"{title}, {source.budgets[-1]} s" for title, source in SOURCES.items()}
    print(f"| MMD² × 1000 | {' | '.join(titles.values())} |\n| --- |{' --- |' * len(titles)}")
    for method in METHODS:
        cells = []
        for title, source in SOURCES.items():
            reached = values(title, method, source.budgets[-1], "mmd2")
            seeds = f" ({len(reached)} of {len(SEEDS)} seeds)" if 0 < len(reached) < len(SEEDS) else ""
            cells.append(f"{mean_and_error([1000 * value for value in reached], '.3g')}{seeds}" if reached else "")
        print(f"| {method} | {' | '.join(cells)} |")


def table() -> None:
    """For every data set, what is measured at each budget, a row a method."""
    for title, source in SOURCES.items():
        figures = {"MMD² × 1000": ("mmd2", 1000, ".2f")}
        figures |= (
            {"high quality": ("high_quality", 1, ".3f")} if source.has_modes else {"Fréchet": ("frechet", 1, ".3g")}
        )
        for heading, (figure, factor, form) in figures.items():
            print(f"\n{title}: {heading}\n")
            print(f"| method | {' | '.join(f'{budget} s' for budget in source.budgets)} | steps per second |")
            print(f"| --- |{' --- |' * (len(source.budgets) + 1)}")
            for method in METHODS:
                if not RESULTS.of(f"{title} {method}", SEEDS):
                    continue
                cells = [
                    mean_and_error([factor * value for value in values(title, method, budget, figure)], form)
                    for budget in source.budgets
                ]
                print(f"| {method} | {' | '.join(cells)} | {1 / costs(title, Path())[method]:.0f} |")
            for record in RESULTS.of(f"{title} real samples", [0]):
                print(f"| real samples | {factor * record[figure]:{form}} |{' |' * len(source.budgets)}")


def figure() -> Figure:
    """Quality against CPU seconds, a panel for each data set, with bands of a standard error."""
    drawn = Figure(figsize=(8.4, 4.8), layout="constrained")
    axes = drawn.subplots(2, 4, sharex="col")
    for column, (title, source) in zip(axes.T, SOURCES.items(), strict=True):
        shown = ["mmd2", "high_quality" if source.has_modes else "frechet"]
        for axis, name in zip(column, shown, strict=True):
            for number, method in enumerate(METHODS):
                rows = [values(title, method, budget, name) for budget in source.budgets]
                if not rows[0]:
                    continue
                means = [statistics.mean(row) for row in rows]
                errors = [statistics.stdev(row) / len(row) ** 0.5 if len(row) > 1 else 0.0 for row in rows]
                lows, highs = zip(*((m - e, m + e) for m, e in zip(means, errors, strict=True)), strict=True)
                color = f"C{number}"
                axis.plot(source.budgets, means, color=color, marker="o", markersize=3, linewidth=1.2, label=method)
                axis.fill_between(source.budgets, lows, highs, color=color, alpha=0.2, linewidth=0)
            axis.set_ylabel({"mmd2": "MMD²", "high_quality": "share of high quality", "frechet": "Fréchet"}[name])
            if name != "high_quality":
                axis.set_yscale("symlog", linthresh=1e-3) if name == "mmd2" else axis.set_yscale("log")
        column[0].set_title(title)
        column[-1].set_xlabel("CPU seconds")
    lines = {line.get_label(): line for axis in axes.flat for line in axis.get_lines()}
    drawn.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table", "figure"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/generators"))
    parser.add_argument("--data", choices=[*SOURCES], nargs="+", default=[*SOURCES], help="to be measured")
    parser.add_argument("--seeds", type=int, nargs="+", default=[*SEEDS], help="to be measured")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "measure":
        measure(given.output, given.data, given.seeds)
    if given.what == "figure":
        figure().savefig(PICTURES / "generators.png", dpi=200)
    else:
        summary()
        table()


if __name__ == "__main__":
    main()
