"""The quick start's claim and its constants, measured: accuracy over distillation seeds, and a sweep.

    python benchmarks/quickstart.py claim     3 runs of lgm/quickstart as declared, with all baselines
                                              (budget: 10 CPU minutes on one thread)
    python benchmarks/quickstart.py sweep     one constant (or two) changed at a time, 3 seeds each, no baselines
                                              (budget: 60 CPU minutes on one thread)

Every run has its own folder under ``runs/benchmarks/quickstart``; a stopped benchmark goes on where it was. Tables are
printed, and written as JSON beside this file.
"""

import argparse
from pathlib import Path

import torch

from matchzoo import recipes
from matchzoo.core.storage import files
from matchzoo.recipes.recipe import Recipe

HERE = Path(__file__).parent
SEEDS = (0, 1, 2)
OPTIMIZER = "players.generator.optimizer.lr"
CROP = {"ratio": [0.75, 4 / 3], "inside": True}
SWEEP = {
    "as declared": {},
    "lr 1e-2": {OPTIMIZER: 1e-2},
    "lr 1e-1": {OPTIMIZER: 1e-1},
    "grow every 25": {"generator.grow_every": 25},
    "grow every 80": {"generator.grow_every": 80},
    "1 view": {"views.copies": 1},
    "5 views": {"views.copies": 5},
    "zero initialization": {"generator.initial": "zero"},
    "crops from 0.08": {"views.crop": {"scale": [0.08, 1.0], **CROP}},
    "no crops": {"views.crop": None},
    "lr 1e-1, grow every 25": {OPTIMIZER: 1e-1, "generator.grow_every": 25},
    "lr 1e-1, grow every 80": {OPTIMIZER: 1e-1, "generator.grow_every": 80},
    "lr 1e-2, grow every 25": {OPTIMIZER: 1e-2, "generator.grow_every": 25},
    "lr 1e-2, zero initialization": {OPTIMIZER: 1e-2, "generator.initial": "zero"},
    "no decorrelation": {"generator.decorrelate": False},
    "online real side": {"players.generator.minimize.0.reference": "online"},
}


def mean_and_error(values: list[float]) -> tuple[float, float]:
    """Mean and standard error of a few numbers."""
    tensor = torch.tensor(values, dtype=torch.float64)
    return tensor.mean().item(), (tensor.std() / len(values) ** 0.5).item()


def run(recipe: Recipe, folder: Path) -> dict:
    return recipe.run(folder, name="lgm").metrics


def claim(output: Path) -> dict:
    """lgm/quickstart over 3 distillation seeds, paired with the baselines of each."""
    declared = recipes.load("lgm/quickstart")
    runs = [run(declared.replace(**{"trainer.seed": seed}), output / f"claim/seed-{seed}") for seed in SEEDS]
    scores = {r["method"]: [m["results"][i]["top1_mean"] for m in runs] for i, r in enumerate(runs[0]["results"])}
    result = {"seeds": SEEDS, "top1": scores, "seconds": [m["seconds"] for m in runs], "above": {}}
    print(f"\n{'method':10} {'top-1 %, each seed':28} mean")
    for method, values in scores.items():
        print(f"{method:10} {', '.join(f'{v:.1f}' for v in values):28} {sum(values) / len(values):.1f}")
    for method in ("centroid", "random"):
        mean, error = mean_and_error([a - b for a, b in zip(scores["lgm"], scores[method], strict=True)])
        result["above"][method] = {"mean": mean, "standard_error": error}
        print(f"lgm - {method}: {mean:+.1f} ± {error:.1f} (paired over {len(SEEDS)} distillation seeds)")
    print("seconds:", [{k: round(v) for k, v in m["seconds"].items()} for m in runs])
    return result


def sweep(output: Path) -> dict:
    """Constants around the declared ones."""
    declared = recipes.load("lgm/quickstart").replace(**{"evaluation.0.baselines": [], "trainer.snapshot_every": None})
    result = {}
    for name, changes in SWEEP.items():
        runs = [
            run(declared.replace(**changes, **{"trainer.seed": s}), output / f"sweep/{name.replace(' ', '-')}/{s}")
            for s in SEEDS
        ]
        scores = [m["results"][0]["top1_mean"] for m in runs]
        seconds = sorted(m["seconds"]["training"] for m in runs)[1]
        mean, error = mean_and_error(scores)
        result[name] = {"top1": scores, "mean": mean, "standard_error": error, "median_training_seconds": seconds}
        print(f"{name:32} {mean:.1f} ± {error:.1f}   ({', '.join(f'{s:.1f}' for s in scores)})   {seconds:.0f} s")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["claim", "sweep"])
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/quickstart"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = {"claim": claim, "sweep": sweep}[arguments.what](arguments.output)
    (HERE / "results").mkdir(exist_ok=True)
    files.write_json(HERE / f"results/quickstart-{arguments.what}.json", result)


if __name__ == "__main__":
    main()
