"""Learned proximal networks, measured: the known operator of Laplace numbers, and digits restored.

    python benchmarks/proximal.py                  three seeds of each (budget: 6 CPU minutes on one thread)
    python benchmarks/proximal.py table            the tables in Markdown
    python benchmarks/proximal.py figure           learned and true operator and prior, and digits, of seed 0

On Laplace numbers the operator is measured after every stage of one training, that of absolute errors and those of
proximal matching; the last is that of the recipe. Results are in ``results/proximal.json``; what the figure shows is
kept under ``runs/benchmarks/proximal``.
"""

import argparse
from pathlib import Path

import torch
from matplotlib.figure import Figure
from safetensors.torch import load_file
from seeds import Results, mean_and_error
from torch.nn.functional import pad

from matchzoo import recipes
from matchzoo.core.step import Step
from matchzoo.core.storage import files
from matchzoo.data.shifts.blurred import blur
from matchzoo.evaluation import ProxError, Trained
from matchzoo.generators import LearnedProximal
from matchzoo.models.proximal import LinearOperator, admm, linear_estimate
from matchzoo.training.loop import Training

RESULTS = Results("proximal")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(3)
STAGES = {4000: "absolute errors", 4600: "γ = 0.5", 5200: "γ = 0.4", 5800: "γ = 0.3", 6400: "γ = 0.2", 7000: "γ = 0.1"}
"""Of the recipe lpn/laplace: the last step of each, and its title."""
SHOWN = (4000, 7000)
TASKS = ("denoising", "deblurring", "inpainting")


def measure(output: Path) -> None:
    """Run what is missing: a record for every recipe and seed."""
    for seed, row in RESULTS.missing(SEEDS, ["laplace", "digits"]):
        if row == "laplace":
            RESULTS.store(row, seed, stages(seed, output))
        else:
            recipe = recipes.load("lpn/digits").replace(**{"trainer.seed": seed})
            run = recipe.run(output / f"digits-{seed}", name="plug-and-play, learned prior", quiet=True)
            RESULTS.store(row, seed, {"results": run.metrics["results"]})


def stages(seed: int, output: Path) -> dict:
    """What is measured after every stage of the recipe on Laplace numbers."""
    recipe = recipes.load("lpn/laplace").replace(**{"trainer.seed": seed})
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    record: dict = {}
    for number in range(1, recipe.trainer.steps + 1):
        training.step(number)
        if number in STAGES:
            trained = Trained(parts=training.parts, engine=engine, method=STAGES[number], seed=seed, quiet=True)
            record[STAGES[number]], *exact = ProxError().evaluate(trained)
            record |= {one["method"]: one for one in exact}
        if number in SHOWN:
            output.mkdir(parents=True, exist_ok=True)
            state = training.parts.require_generator().state_dict()
            files.write_tensors(output / f"laplace-{seed}-{number}.safetensors", state)
    return record


def table() -> None:
    """Means and standard errors over seeds."""
    records = RESULTS.of("laplace", SEEDS)
    if records:
        print("| training | error to the prox | of absolute errors | error of the prior | least slope | seeds |")
        print("| --- | --- | --- | --- | --- | --- |")
        for title in STAGES.values():
            rows = [record[title] for record in records]
            first = [record["absolute errors"]["prox_error"] for record in records]
            errors = [row["prox_error"] for row in rows]
            shares = [error / of for error, of in zip(errors, first, strict=True)]
            cells = [
                mean_and_error(errors, ".3f"),
                mean_and_error(shares, ".2f"),
                mean_and_error([row["prior_error"] for row in rows], ".3f"),
                f"{min(row['least_slope'] for row in rows):.3f}",
            ]
            print(f"| {title} | {' | '.join(cells)} | {len(rows)} |")
        for title in ("median of x given y", "mean of x given y"):
            print(f"| {title}, exact | {records[0][title]['prox_error']:.3f} | | | | |")
        print()

    records = RESULTS.of("digits", SEEDS)
    if records:
        print("| PSNR in dB | noise 0.2 | blur and noise 0.05 | half of the pixels, noise 0.05 | seeds |")
        print("| --- | --- | --- | --- | --- |")
        for position, first in enumerate(records[0]["results"]):
            rows = [record["results"][position] for record in records]
            cells = [mean_and_error([row[task] for row in rows], ".2f") for task in TASKS]
            print(f"| {first['method']} | {' | '.join(cells)} | {len(rows)} |")


def laplace_operator(output: Path, number: int) -> LearnedProximal:
    """The operator of seed 0 after a step."""
    recipe = recipes.load("lpn/laplace")
    operator = recipe.build(recipe.engine()).generator
    assert isinstance(operator, LearnedProximal)
    operator.load_state_dict(load_file(output / f"laplace-0-{number}.safetensors"))
    return operator


@torch.no_grad()
def figure(output: Path) -> Figure:
    """Above: learned operators and priors beside the true ones. Below: digits, measured and restored."""
    drawn = Figure(figsize=(9, 5.8), layout="constrained")
    above, below = drawn.subfigures(2, 1, height_ratios=[1.45, 1])
    left, right = above.subplots(1, 2)
    y = torch.linspace(-4, 4, 321)[:, None]
    x = torch.linspace(-2.5, 2.5, 101)[:, None]
    left.plot(y, y.sign() * (y.abs() - 1).relu(), color="black", linewidth=3, alpha=0.3, label="soft threshold")
    right.plot(x, x.abs(), color="black", linewidth=3, alpha=0.3, label="$|x|$")
    for number, color in zip(SHOWN, ("#1f77b4", "#d95f02"), strict=True):
        operator = laplace_operator(output, number)
        prior = operator.prior(x, strict=False)
        left.plot(y, operator.denoise(y), color=color, label=STAGES[number])
        right.plot(x, prior - prior[50], color=color, label=STAGES[number])
    left.set(xlabel="y", title="f(y)")
    right.set(xlabel="x", title="−log p(x), 0 at x = 0")
    for axes in (left, right):
        axes.legend(frameon=False)

    rows = digits(output)
    for axes, (title, images) in zip(below.subplots(1, len(rows)), rows.items(), strict=True):
        framed = pad(images[:, 0], (1, 1, 1, 1), value=0.6).reshape(3, 4, 10, 10).permute(0, 2, 1, 3)
        axes.imshow(framed.reshape(30, 40), cmap="gray", vmin=0, vmax=1)
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
    return drawn


def digits(output: Path) -> dict[str, torch.Tensor]:
    """Twelve digits and what becomes of them when blurred, with noise, by title."""
    parts = recipes.open(output / "digits-0")
    operator, data = parts.generator, recipes.load("lpn/digits").data
    assert isinstance(operator, LearnedProximal)
    data.build(0)
    images = data.test_set.render(torch.arange(12)).values
    known = data.training_set.render(torch.arange(len(data.training_set))).values.flatten(1).double()
    blurred = LinearOperator(lambda x: blur(x, 1.0), (1, 8, 8))
    measured = blurred(images) + 0.05 * torch.randn(images.shape, generator=Step(0, 0).rng("figure"))
    linear = linear_estimate(measured.double(), blurred, known.mean(0), known.T.cov(), 0.05)
    restored = admm(measured, blurred, operator, 0.05**2).samples
    return {"digits": images, "blurred, noise 0.05": measured, "linear estimate": linear, "plug-and-play": restored}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table", "figure"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/proximal"))
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    if given.what == "figure":
        figure(given.output).savefig(PICTURES / "proximal.png", dpi=100)
    else:
        table()


if __name__ == "__main__":
    main()
