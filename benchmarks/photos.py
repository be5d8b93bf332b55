"""lgm/photos measured: its claim over three stratified halves, and a sweep of its constants.

    python benchmarks/photos.py claim     lgm/photos as declared on the halves of split seeds 0, 1 and 2, all baselines
                                          (budget: 25 CPU minutes on one thread)
    python benchmarks/photos.py sweep     what the recipe's constants come from: smaller and shorter runs on the halves
                                          of split seed 10, which the claim does not use (budget: 8 CPU minutes)

Every run has its own folder under ``runs/benchmarks/photos``; a stopped benchmark goes on where it was. Tables are
printed, and written as JSON beside this file after every setting. Needs the photos: make data.
"""

import argparse
from pathlib import Path

import torch
from quickstart import HERE, OPTIMIZER, mean_and_error, run

from matchzoo import recipes
from matchzoo.core.storage import files

CLAIM = (0, 1, 2)
TUNING = 10
SMALLER = {"data.size": 64, "trainer.steps": 400, "generator.grow_every": 40, "trainer.snapshot_every": 200}
SWEEP = {
    "plain sampling, noise initialization, lr 3e-2": {
        "data.sampling": "plain", "generator.initial": "noise", OPTIMIZER: 3e-2
    },
    "noise initialization, lr 3e-2": {"generator.initial": "noise", OPTIMIZER: 3e-2},
    "lr 3e-2": {OPTIMIZER: 3e-2},
    "lr 1e-2": {OPTIMIZER: 1e-2},
}  # fmt: skip


def claim(output: Path, store: Path) -> None:
    """lgm/photos on three halves, paired with the baselines of each."""
    declared = recipes.load("lgm/photos")
    runs = [run(declared.replace(**{"data.split_seed": seed}), output / f"claim/half-{seed}") for seed in CLAIM]
    scores = {r["method"]: [m["results"][i]["top1_mean"] for m in runs] for i, r in enumerate(runs[0]["results"])}
    result = {"split_seeds": CLAIM, "top1": scores, "seconds": [m["seconds"] for m in runs], "mean": {}, "above": {}}
    print(f"\n{'method':10} {'top-1 %, each half':22} mean")
    for method, values in scores.items():
        mean, error = mean_and_error(values)
        result["mean"][method] = {"mean": mean, "standard_error": error}
        print(f"{method:10} {', '.join(f'{v:.1f}' for v in values):22} {mean:.1f} ± {error:.1f}")
    for method in ("centroid", "random"):
        mean, error = mean_and_error([a - b for a, b in zip(scores["lgm"], scores[method], strict=True)])
        result["above"][method] = {"mean": mean, "standard_error": error}
        print(f"lgm - {method}: {mean:+.1f} ± {error:.1f} (paired over {len(CLAIM)} halves)")
    print("seconds:", [{k: round(v) for k, v in m["seconds"].items()} for m in runs])
    files.write_json(store, result)


def sweep(output: Path, store: Path) -> None:
    """Constants around the declared ones, on the half of one split seed."""
    declared = recipes.load("lgm/photos").replace(
        **SMALLER, **{"evaluation.0.baselines": ["centroid"], "data.split_seed": TUNING}
    )
    result = {}
    for name, changes in SWEEP.items():
        metrics = run(declared.replace(**changes), output / f"sweep/{name.replace(', ', '-').replace(' ', '-')}")
        lgm, centroid = (record["top1_mean"] for record in metrics["results"])
        result[name] = {"lgm": lgm, "centroid": centroid, "seconds": metrics["seconds"]}
        print(f"{name:48} {lgm:.1f} against {centroid:.1f}")
        files.write_json(store, result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["claim", "sweep"])
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/photos"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    (HERE / "results").mkdir(exist_ok=True)
    {"claim": claim, "sweep": sweep}[arguments.what](arguments.output, HERE / f"results/photos-{arguments.what}.json")


if __name__ == "__main__":
    main()
