"""Shallow adaptation, measured: shifts x methods x scorers, on digits of 8x8 pixels.

    python benchmarks/shallow_adaptation.py             what is missing, three splits (budget: 20 CPU minutes)
    python benchmarks/shallow_adaptation.py table       the tables of docs/adaptation.md and docs/evaluation.md

Of 1797 digits 898 are the source (224 of them held out, for scorers that need labels there), 449 others the target
without labels, and 450 more its test part; the shift changes the pixels of the last two. Softmax regression with
penalty 1/n on the pixels as they are. Nothing is chosen on the target but in the rows that say so.

And weights where they are right: a straight line fitted to 200 points of y = sinc x + N(0, 0.25²), x from N(1, 0.5²),
for x from N(2, 0.25²) (Shimodaira's covariate shift), 20 draws.

Results are in ``results/shallow-adaptation.json``; a stopped benchmark goes on where it was.
"""

import argparse
import json
import math
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import rotate
from scipy.ndimage import shift as translate
from scipy.stats import spearmanr
from seeds import mean_and_error
from sklearn.datasets import load_digits

from matchzoo.core.storage import files
from matchzoo.evaluation import scorers
from matchzoo.evaluation.adaptation import Adapted, LabelPropagation, adapt, adapt_regression
from matchzoo.models.linear_regression import fit_linear_regression
from matchzoo.models.transport import Exact, Sinkhorn
from matchzoo.projectors import (
    LinearTransport,
    LocationScale,
    MMDLocationScale,
    PrincipalComponents,
    Recoloring,
    SubspaceAlignment,
    TransferComponents,
    TransferJointMatching,
    TransportMap,
)
from matchzoo.ratios import KLIEP, ULSIF, Classifier, KernelMeanMatching, RuLSIF

STORE = Path(__file__).parent / "results/shallow-adaptation.json"
SEEDS = range(3)
SOURCE_ONLY, ORACLE = "source only", "trained on the target"
METHODS: dict[str, Any] = {  # what `adapt` takes; a line here is all that a method needs
    SOURCE_ONLY: None,
    "means": LocationScale(),
    "means and scales": LocationScale(scale=True),
    "MMD by location and scale": MMDLocationScale(),
    "CORAL, ridge 1e-3": Recoloring(ridge=1e-3),
    "CORAL, ridge 0.1": Recoloring(ridge=0.1),
    "CORAL, ridge 1": Recoloring(ridge=1.0),
    "linear transport, ridge 1e-3": LinearTransport(ridge=1e-3),
    "linear transport, ridge 0.1": LinearTransport(ridge=0.1),
    "linear transport, ridge 1": LinearTransport(ridge=1.0),
    "subspace alignment, 30": SubspaceAlignment(features=30),
    "subspace alignment, 10": SubspaceAlignment(features=10),
    "subspace alignment, 2": SubspaceAlignment(features=2),
    "transfer components, 30": TransferComponents(features=30, penalty=1000.0),
    "transfer joint matching, 30": TransferJointMatching(features=30),
    "transfer joint matching, 30, penalty 0.01": TransferJointMatching(features=30, penalty=0.01),
    "principal components, 30": PrincipalComponents(features=30),
    "optimal transport, exact": TransportMap(solver=Exact()),
    "optimal transport, entropic": TransportMap(solver=Sinkhorn(epsilon="0.05*max")),
    "label propagation, exact": LabelPropagation(solver=Exact()),
    "label propagation, entropic": LabelPropagation(solver=Sinkhorn(epsilon="0.05*max")),
    "weights: uLSIF": ULSIF(),
    "weights: KLIEP": KLIEP(),
    "weights: logistic regression": Classifier(features="linear"),
}
RATIO = Classifier(features="linear", ridges=(1e-2,))
"""Of the scorers that weigh losses of the source."""
LINE = "line"
DRAWS = range(20)
TRUE_RATIO = "the true ratio"
WEIGHTS: dict[str, Any] = {
    "none": None,
    TRUE_RATIO: None,
    "KLIEP": KLIEP(),
    "KLIEP, bandwidth 0.5": KLIEP(bandwidths=(0.5,)),
    "uLSIF": ULSIF(),
    "RuLSIF, relative to 0.1": RuLSIF(),
    "logistic regression, quadratic": Classifier(),
    "logistic regression, linear": Classifier(features="linear"),
    "kernel mean matching, ridge 1e-3": KernelMeanMatching(constraint="non-negative"),
    "kernel mean matching, ridge 0.1": KernelMeanMatching(constraint="non-negative", ridge=0.1),
    "kernel mean matching, ridge by cross-validation": KernelMeanMatching(
        constraint="non-negative", ridge="cross-validation"
    ),
}
SCORERS: tuple[scorers.Scorer, ...] = (
    "entropy",
    "mutual-information",
    "soft-neighborhood-density",
    "mano",
    "mixval",
    "circular",
    "importance-weighted",
    "dev",
)


def pixelwise(images: np.ndarray) -> np.ndarray:
    """Every pixel times a gain of its own from 0.5 to 1.5, and an offset of its own from -0.25 to 0.25 added."""
    rng = np.random.default_rng(0)
    return images * rng.uniform(0.5, 1.5, (8, 8)) + rng.uniform(-0.25, 0.25, (8, 8))


SHIFTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rotation by 20°": lambda images: rotate(images, 20, (2, 1), reshape=False, order=1),
    "contrast 0.3 + 0.4 x": lambda images: 0.3 + 0.4 * images,
    "gain and offset of every pixel": pixelwise,
    "translation by a pixel": lambda images: translate(images, (0, 0, 1), order=1),
    "inversion": lambda images: 1 - images,
}


class Sets:
    """The rows of one shift and split, with their labels."""

    def __init__(self, shift: str, seed: int) -> None:
        digits = load_digits()
        images, labels = digits.images / 16, torch.from_numpy(digits.target).long()
        plain, changed = (torch.from_numpy(np.ascontiguousarray(x)).flatten(1) for x in (images, SHIFTS[shift](images)))
        order = torch.from_numpy(np.random.default_rng(seed).permutation(len(labels)))
        train, held, target, test = order[:674], order[674:898], order[898:1347], order[1347:]
        self.train, self.held = (plain[train], labels[train]), (plain[held], labels[held])
        self.target, self.test = (changed[target], labels[target]), (changed[test], labels[test])


def measure() -> None:
    """What is missing: a record for every shift, split and method."""
    warnings.simplefilter("ignore")  # of maps that leave a classifier without an optimum in reach
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for shift in SHIFTS:
        for seed in SEEDS:
            sets = Sets(shift, seed)
            for name in (*METHODS, ORACLE):
                key = f"{shift}, split {seed}, {name}"
                if key not in stored:
                    stored[key] = record(sets, name, seed)
                    files.write_json(STORE, stored)

    for draw in DRAWS:
        for name in WEIGHTS:
            key = f"{LINE}, draw {draw}, {name}"
            if key not in stored:
                stored[key] = line(name, draw)
                files.write_json(STORE, stored)


def line(name: str, draw: int) -> dict[str, float]:
    """The mean squared error of a straight line at the target, without noise; what the weights are."""
    rng = np.random.default_rng(draw)
    x, target = (torch.from_numpy(rng.normal(mean, spread, (200, 1))) for mean, spread in ((1, 0.5), (2, 0.25)))
    y = torch.from_numpy(np.sinc(x[:, 0]) + rng.normal(0, 0.25, 200))
    logs = [torch.distributions.Normal(mean, spread).log_prob(x[:, 0]) for mean, spread in ((2.0, 0.25), (1.0, 0.5))]
    ratio = (logs[0] - logs[1]).exp()
    if name == TRUE_RATIO:
        weights, predicted = ratio, fit_linear_regression(x, y, weights=ratio).predict(target)
    else:
        adapted = adapt_regression(x, y, target, WEIGHTS[name], penalty=0, standardize=False)
        weights, predicted = adapted.aligned.shares, adapted.predict(target)
    error = (predicted - torch.from_numpy(np.sinc(target[:, 0]))).square().mean().item()
    effective = (weights.sum().square() / weights.square().sum()).item()
    together = torch.stack([weights, ratio])
    alike = torch.corrcoef(together)[0, 1].item() if weights.std() > 1e-12 else 0.0
    return {"error": error, "effective sample size": effective, "correlation": alike}


def record(sets: Sets, name: str, seed: int) -> dict[str, float]:
    """Accuracy on the target's test part, of the source, seconds, and all scores."""
    start = time.process_time()
    if name == ORACLE:
        adapted = adapt(*sets.target, sets.test[0], None, standardize=False, classes=10)
        return {"target": accuracy(adapted.scores(sets.test[0]), sets.test[1])}
    adapted = adapt(*sets.train, sets.target[0], METHODS[name], standardize=False, classes=10)
    seconds = time.process_time() - start
    held = adapted.source_scores(sets.held[0])
    return {
        "target": accuracy(adapted.scores(sets.test[0]), sets.test[1]),
        "source accuracy": accuracy(held, sets.held[1]),
        "seconds": seconds,
        **scorers.scores(candidate(adapted, sets), SCORERS, RATIO, seed),
    }


def candidate(adapted: Adapted, sets: Sets) -> scorers.Candidate:
    """The method with what scorers may see: neither labels of the target nor its test part."""
    rows, (held, labels) = sets.target[0], sets.held
    source = scorers.SourceSide(adapted.aligned.source_map(held), adapted.source_scores(held), labels)
    return scorers.Candidate(adapted.scores(rows), rows, adapted.predict, adapted.aligned.target_map(rows), source)


def accuracy(scores: torch.Tensor, labels: torch.Tensor) -> float:
    return (scores.argmax(1) == labels).double().mean().item()


def table() -> None:
    """Accuracies with standard errors over splits; what each scorer chose, and the rank correlation of its scores."""
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    print("| method | " + " | ".join(SHIFTS) + " |\n| --- |" + " --- |" * len(SHIFTS))
    for name in (*METHODS, ORACLE):
        columns = [[100 * stored[f"{shift}, split {seed}, {name}"]["target"] for seed in SEEDS] for shift in SHIFTS]
        print(f"| {name} | " + " | ".join(mean_and_error(column) for column in columns) + " |")

    print("\n| weights | error at the target | worst draw | correlation with the true ratio | effective sample size |")
    print("| --- | --- | --- | --- | --- |")
    for name in WEIGHTS:
        records = [stored[f"{LINE}, draw {draw}, {name}"] for draw in DRAWS]
        errors, *rest = ([record[part] for record in records] for part in records[0])
        spread = statistics.stdev(errors) / len(errors) ** 0.5
        size, alike = map(statistics.mean, rest)
        print(
            f"| {name} | {statistics.mean(errors):.4f} ± {spread:.4f} | {max(errors):.3f} | {alike:.2f} | {size:.0f} |"
        )

    print("\n| chosen by | " + " | ".join(SHIFTS) + " |\n| --- |" + " --- |" * len(SHIFTS))
    for scorer in ("target", "source accuracy", *SCORERS):
        cells = []
        for shift in SHIFTS:
            chosen, ranks = [], []
            for seed in SEEDS:
                records = [stored[f"{shift}, split {seed}, {name}"] for name in METHODS]
                chosen.append(100 * max(records, key=lambda record: record[scorer])["target"])
                pair = [record[scorer] for record in records], [record["target"] for record in records]
                ranks.append(spearmanr(*pair).statistic)
            shown = f", {statistics.mean(ranks):+.2f}" if all(map(math.isfinite, ranks)) and scorer != "target" else ""
            cells.append(f"{mean_and_error(chosen)}{shown}")
        print(f"| {'target labels' if scorer == 'target' else scorer} | {' | '.join(cells)} |")
    seconds = [record["seconds"] for record in stored.values() if "seconds" in record]
    print(f"\nfits: {1000 * statistics.median(seconds):.0f} ms at the median, {max(seconds):.1f} s at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    given = parser.parse_args()
    if given.what == "measure":
        measure()
    table()


if __name__ == "__main__":
    main()
