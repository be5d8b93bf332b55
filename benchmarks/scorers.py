"""Choices without target labels, measured: methods of shallow adaptation, and what each scorer would have chosen.

    python benchmarks/scorers.py        the tables of docs/evaluation.md in Markdown (a CPU minute)

Digits of 8 x 8 pixels: half are the source (a quarter of them held out), half the target, whose pixels are changed by a
shift. A candidate is softmax regression on features that an alignment made; three seeds.
"""

import math
import statistics
import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from scipy.ndimage import rotate
from scipy.stats import spearmanr
from sklearn.datasets import load_digits

from matchzoo.evaluation import scorers
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression
from matchzoo.projectors.alignment.linear_transport import linear_transport
from matchzoo.projectors.alignment.location_scale import match_locations
from matchzoo.projectors.alignment.recoloring import recolor
from matchzoo.projectors.alignment.subspace_alignment import align_subspaces
from matchzoo.ratios import Classifier, RatioEstimator

Pair = tuple[torch.Tensor, torch.Tensor]
Map = Callable[[torch.Tensor], torch.Tensor]
Method = Callable[[torch.Tensor, torch.Tensor], tuple[Map, Map]]
"""Source and target [n, d] and [m, d] -> the maps of both."""
SEEDS = range(3)
PENALTY = 1e-3
RATIO: RatioEstimator = Classifier(features="linear", ridges=(1e-2,))


def rotated(x: torch.Tensor) -> torch.Tensor:
    """By 20 degrees."""
    return torch.from_numpy(rotate(x.view(-1, 8, 8), 20, (2, 1), reshape=False, order=1)).flatten(1)


SHIFTS = {
    "rotation 20°": rotated,
    "contrast": lambda x: 0.3 + 0.4 * x,
    "inversion": lambda x: 1 - x,
}


def affine(fit: Callable[..., Pair], **options: float) -> Method:
    """A method that maps the source x to x A + b (or x a + b)."""

    def method(source: torch.Tensor, target: torch.Tensor):
        a, b = fit(source, target, **options)
        return (lambda x: (x @ a if a.ndim == 2 else x * a) + b), (lambda x: x)

    return method


def subspace(features: int) -> Method:
    def method(source: torch.Tensor, target: torch.Tensor):
        (a, b), (c, d) = align_subspaces(source, target, features)
        return (lambda x: x @ a + b), (lambda x: x @ c + d)

    return method


METHODS: dict[str, Method] = {
    "source only": lambda source, target: ((lambda x: x), (lambda x: x)),
    "means only": affine(match_locations),
    "means and scales": affine(match_locations, scale=True),
    **{f"CORAL, ridge {ridge:g}": affine(recolor, ridge=ridge) for ridge in (1.0, 0.1, 1e-3)},
    **{f"linear transport, ridge {ridge:g}": affine(linear_transport, ridge=ridge) for ridge in (1.0, 0.1, 1e-3)},
    **{f"subspaces, {features} axes": subspace(features) for features in (2, 5, 10, 30)},
}


def candidate(method: Method, train: Pair, held: Pair, target: Pair, seed: int) -> dict[str, float]:
    """The accuracy on the target, and all scores, larger for better."""
    to_source, to_target = method(train[0], target[0])
    of_train, of_held, of_target = to_source(train[0]), to_source(held[0]), to_target(target[0])

    def fit(x: torch.Tensor, labels: torch.Tensor):
        [classifier] = fit_softmax_regression(x, labels, 10, (PENALTY,))
        return classifier

    classifier = fit(of_train, train[1])
    logits = classifier.scores(of_target)
    losses = F.cross_entropy(classifier.scores(of_held), held[1], reduction="none")
    weights = RATIO(of_target, of_held)
    return {
        "target labels": classifier.accuracy(of_target, target[1]),
        "source accuracy": classifier.accuracy(of_held, held[1]),
        "entropy": -scorers.prediction_entropy(logits),
        "mutual-information": scorers.mutual_information(logits),
        "soft-neighborhood-density": scorers.soft_neighborhood_density(logits),
        "mano": scorers.matrix_norm(logits),
        "mixval": scorers.mixed_agreement(of_target, classifier.predict, seed=seed).mean,
        "circular": scorers.circular_accuracy(
            classifier.predict, lambda x, y: fit(x, y).predict, of_held, held[1], of_target
        ),
        "importance-weighted": -scorers.importance_weighted_risk(losses, weights),
        "dev": -scorers.deep_embedded_risk(losses, weights),
    }


def measure(shift: Callable[[torch.Tensor], torch.Tensor], seed: int) -> list[dict[str, float]]:
    """The records of all methods."""
    images, digits = load_digits(return_X_y=True)
    x, y = torch.from_numpy(images) / 16, torch.from_numpy(digits)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    source, target = order[: len(x) // 2], order[len(x) // 2 :]
    train, held = source[len(source) // 4 :], source[: len(source) // 4]
    sets = (x[train], y[train]), (x[held], y[held]), (shift(x[target]), y[target])
    return [candidate(method, *sets, seed) for method in METHODS.values()]


def main() -> None:
    warnings.simplefilter("ignore")  # of maps that leave a classifier without an optimum in reach
    results = {name: [measure(shift, seed) for seed in SEEDS] for name, shift in SHIFTS.items()}
    print("| method | " + " | ".join(results) + " |\n| --- |" + " --- |" * len(results))
    for row, method in enumerate(METHODS):
        columns = [[100 * records[row]["target labels"] for records in seeds] for seeds in results.values()]
        cells = [statistics.mean(column) for column in columns]
        print(f"| {method} | {' | '.join(f'{cell:.1f}' for cell in cells)} |")

    print("\n| scorer | " + " | ".join(f"{name}: chosen %, rank correlation" for name in results) + " |")
    print("| --- |" + " --- |" * len(results))
    for scorer in results["contrast"][0][0]:
        cells = []
        for seeds in results.values():
            chosen = [100 * max(records, key=lambda r: r[scorer])["target labels"] for records in seeds]
            pairs = [([r[scorer] for r in records], [r["target labels"] for r in records]) for records in seeds]
            ranks = [spearmanr(*pair).statistic for pair in pairs]
            shown = f"{statistics.mean(ranks):+.2f}" if all(map(math.isfinite, ranks)) else "n/a"
            cells.append(f"{statistics.mean(chosen):.1f}, {shown}")
        print(f"| {scorer} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
