"""Scores, measured: on the ring, of denoisers of disjoint sets of digits, and stopped early.

    python benchmarks/scores.py                  three seeds of each (budget: 9 CPU minutes on one thread)
    python benchmarks/scores.py --only halves    one of ring, halves and stopping
    python benchmarks/scores.py table            the tables in Markdown
    python benchmarks/scores.py figure           the figure of docs/scores.md, of seed 0

Every run has its own folder under ``runs/benchmarks/scores``; a stopped benchmark goes on where it was. The ring's
figures are those of the last step. Results are in ``results/scores.json``.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from seeds import Results, folder_of, mean_and_error

from matchzoo import recipes
from matchzoo.core.samples import Samples
from matchzoo.core.showing.curves import INK
from matchzoo.core.step import Step
from matchzoo.data import Digits, Gaussians, Subset
from matchzoo.generators import DenoiserGenerator
from matchzoo.matchers import Denoising
from matchzoo.models.fields import AnnealedLangevin, agreement, denoiser_jacobian, score_of, shrinkage_basis
from matchzoo.models.fields.sampler import noise_of
from matchzoo.runs.run import Run

RESULTS = Results("scores")
PICTURES = Path(__file__).parent.parent / "docs/pictures"
SEEDS = range(3)
SIZES = (5, 20, 80, 320, 800)
"""Digits in each of two disjoint sets."""
NOISE = 0.3
"""At which denoisers of disjoint sets are trained and compared."""
PAIRS = (50, 200, 1000)
"""Pairs that a score is learned from."""
FRESH = 20_000
"""Points at which the error to the exact posterior mean is measured."""


def measure_ring(output: Path, seeds: Sequence[int]) -> None:
    """The recipe as it stands."""
    for seed, row in RESULTS.missing(seeds, ["ring"]):
        run = recipes.load("score/ring-2d").replace(**{"trainer.seed": seed}).run(output / folder_of(row, seed))
        RESULTS.store(row, seed, {"results": run.metrics["results"], "seconds": run.metrics["seconds"]["training"]})


def measure_halves(output: Path, seeds: Sequence[int]) -> None:
    """Two denoisers of as many digits, none of which both have seen, at digits that neither has."""
    for seed, row in RESULTS.missing(seeds, [f"halves {size}" for size in SIZES]):
        size = int(row.split()[1])
        changes = {"data.samples": size, "data.split_seed": seed, "trainer.seed": seed, "evaluation": []}
        term = {"kind": "denoising", "noise": NOISE}
        recipe = recipes.load("score/digits").replace(**changes, **{"players.generator.minimize": [term]})
        denoisers = {}
        for part in ("train", "test"):
            folder = output / folder_of(f"{row} {part}", seed)
            denoisers[part] = recipe.replace(**{"data.part": part}).run(folder).generator.eval()

        fresh = torch.cat([digits(part, seed, "test") for part in denoisers])
        noisy = with_noise(fresh)
        first, second = (denoise(denoiser, noisy) for denoiser in denoisers.values())
        alike = agreement(first, second, noisy)
        seen = digits("train", seed, "train", size)
        record = {
            "gap": alike.gap,
            "cosine": alike.cosine,
            "error_fresh": (first - fresh).square().mean().item(),
            "error_seen": (denoise(denoisers["train"], with_noise(seen)) - seen).square().mean().item(),
        }
        RESULTS.store(row, seed, record)


def digits(part: str, seed: int, split: str, samples: int | None = None) -> torch.Tensor:
    """The digits [n, 1, 8, 8] that a denoiser of a part was trained on, or those that are kept for testing."""
    source = Digits(size=8, channels=1)
    fields: dict[str, Any] = {"source": source, "part": part, "samples": samples, "split_seed": seed}
    loaded = Subset(**fields, test_share=0.1, labels=False).load()
    chosen = loaded.train if split == "train" else loaded.test
    assert chosen is not None
    return chosen.all().values


def with_noise(images: torch.Tensor) -> torch.Tensor:
    """Images [n, …] with the same noise in every call; as many draws of it as there are images."""
    return images + NOISE * torch.randn(images.shape, generator=Step(0, 0).rng("benchmark"))


@torch.no_grad()
def denoise(denoiser: DenoiserGenerator, noisy: torch.Tensor) -> torch.Tensor:
    """Images [n, …] without their noise."""
    return denoiser.denoise(noisy, torch.tensor(NOISE))


def measure_stopping(output: Path, seeds: Sequence[int]) -> None:
    """A score of fixed pairs: the errors where held-out pairs, or an oracle, would have stopped, and at the end."""
    for seed, row in RESULTS.missing(seeds, [f"stopping {pairs}" for pairs in PAIRS]):
        pairs = int(row.split()[1])
        changes = {"data.points": pairs, "data.split_seed": seed, "trainer.batch": pairs, "trainer.seed": seed}
        recipe = recipes.load("score/early-stopping").replace(**changes, evaluation=[])
        errors = stops(recipe.run(output / folder_of(row, seed)), pairs, seed)
        RESULTS.store(row, seed, errors)


@torch.no_grad()
def stops(run: Run, pairs: int, seed: int) -> dict[str, Any]:
    """Losses of held-out pairs, half as many as there are for training, and exact errors, over the checkpoints."""
    held_out = Samples(Gaussians(points=pairs // 2, split_seed=1000 + seed).load().train.all().values)
    fresh = Gaussians(points=FRESH, split_seed=2000)
    points = fresh.load().train.all()
    losses, errors = [], []
    for step in run.checkpoints.steps():
        denoiser, term = run.generator_at(step).eval(), Denoising(fixed=True)
        assert isinstance(denoiser, DenoiserGenerator)
        term.bind({"generator": denoiser})
        losses.append(term.discrepancy([held_out], Step(0, 1000 + seed)).value.item())
        noise, sigma = term.draw(points, Step(0, 2000))
        noisy = points.values + sigma[:, None] * noise
        exact = fresh.mixture().denoised(noisy, sigma)
        errors.append((denoiser.denoise(noisy, sigma) - exact).square().mean().item())
    stop = min(range(len(losses)), key=losses.__getitem__)
    every = run.recipe.trainer.checkpoint_every
    return {
        "held_out": errors[stop],
        "oracle": min(errors),
        "end": errors[-1],
        "step": (stop + 1) * every,
        "losses": [round(loss, 5) for loss in losses],
        "errors": [round(error, 5) for error in errors],
    }


PARTS: dict[str, Callable[[Path, Sequence[int]], None]] = {
    "ring": measure_ring,
    "halves": measure_halves,
    "stopping": measure_stopping,
}


def table() -> None:
    """Means and standard errors over seeds, a table for each part."""
    ring = RESULTS.of("ring", SEEDS)
    if ring:
        print("\n| modes | high quality | MMD² | error of the score at 0.1 | 0.5 | 2 |\n|" + " --- |" * 6)
        cells = []
        for key, evaluation, position, form in (
            ("modes", "mode-coverage", 0, ".0f"),
            ("high_quality", "mode-coverage", 0, ".3f"),
            ("mmd2", "two-sample", 0, ".1e"),
            ("score_error", "score-error", 0, ".4f"),
            ("score_error", "score-error", 1, ".4f"),
            ("score_error", "score-error", 2, ".4f"),
        ):
            records = [[one for one in record["results"] if one["evaluation"] == evaluation] for record in ring]
            cells.append(mean_and_error([of_run[position][key] for of_run in records], form))
        print(f"| {' | '.join(cells)} |")
    _table("halves", SIZES, {"gap": ".4f", "cosine": ".3f", "error_fresh": ".4f", "error_seen": ".4f"})
    _table("stopping", PAIRS, {"oracle": ".4f", "held_out": ".4f", "end": ".4f", "step": ".0f"})


def _table(part: str, sizes: tuple[int, ...], columns: dict[str, str]) -> None:
    print(f"\n| N | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}")
    for size in sizes:
        records = RESULTS.of(f"{part} {size}", SEEDS)
        if records:
            cells = [mean_and_error([record[key] for record in records], form) for key, form in columns.items()]
            print(f"| {size} | {' | '.join(cells)} |")


def figure(output: Path) -> Figure:
    """The learned score of the ring at σ = 0.5 with paths of Langevin dynamics; a digit under noise and without it, and
    the patterns that the denoiser of 800 digits shrinks the least."""
    drawn = Figure(figsize=(9.6, 4.4), layout="constrained")
    left, right = drawn.subfigures(1, 2, width_ratios=(1, 1.2))
    _ring(left.subplots(), recipes.open(output / "ring-0").generator.eval())
    denoiser = recipes.open(output / folder_of("halves 800 train", 0)).generator.eval()

    image = digits("train", 0, "test")[30:31]
    noisy = with_noise(image)
    shown = [("digit", image), ("with noise", noisy), ("denoised", denoise(denoiser, noisy))]
    jacobian = denoiser_jacobian(lambda y: denoiser.denoise(y, torch.tensor(NOISE)), noisy)
    factors, patterns = shrinkage_basis(jacobian)
    shown += [(f"factor {factors[0, i]:.2f}", patterns[0, :, i]) for i in range(5)]
    for axes, (title, values) in zip(right.subplots(2, 4).flat, shown, strict=True):
        signed = title.startswith("factor")
        bound = values.abs().max().item() if signed else 1.0
        axes.imshow(values.reshape(8, 8), cmap="RdBu" if signed else "gray", vmin=-bound if signed else 0, vmax=bound)
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
    return drawn


@torch.no_grad()
def _ring(axes: Axes, denoiser: DenoiserGenerator) -> None:
    line = torch.linspace(-3, 3, 19)
    grid, sigma = torch.cartesian_prod(line, line), torch.tensor(0.5)
    score = score_of(denoiser.denoise(grid, sigma), grid, sigma)
    axes.quiver(*grid.T, *score.T, color=INK, alpha=0.8, width=0.004)
    sampler = AnnealedLangevin(levels=30, steps=4, step=0.1)
    noise = noise_of(torch.arange(8), (2,))
    paths = torch.stack(list(sampler.points(denoiser.denoise, noise, (0.02, 1.0))))
    axes.plot(*paths.permute(2, 0, 1), linewidth=0.8, alpha=0.8, color="#1f77b4")
    axes.scatter(*paths[-1].T, s=12, color="#d95f02", zorder=3)
    axes.set_title("score at noise 0.5, and paths of Langevin dynamics", fontsize=9)
    axes.set_aspect("equal")
    axes.set_xlim(-3, 3)
    axes.set_ylim(-3, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table", "figure"], default="measure")
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/scores"))
    given = parser.parse_args()
    if given.what == "measure":
        for name, measure in PARTS.items():
            if given.only in (None, name):
                measure(given.output, given.seeds)
    if given.what == "figure":
        figure(given.output).savefig(PICTURES / "scores.png", dpi=100)
    else:
        table()


if __name__ == "__main__":
    main()
