"""Searching a pool, measured: a classifier of 600 images out of a pool of styles, tested in the style of a target.

    python benchmarks/pool_search.py            3 splits (half a CPU minute)

The pool is the training digits in six styles, labeled; the target half of the test digits in one of them, unlabeled;
the other half is tested on. Pixels are the features, and the classifier is softmax regression. Nothing is stored.
"""

import argparse

import torch
from seeds import mean_and_error

from matchzoo.core.numerics.clustering import k_means
from matchzoo.core.step import Step
from matchzoo.data import Digits, Shifted
from matchzoo.data.shifts import Background, Contrast, Inverted, Noisy, Rotated
from matchzoo.evaluation.metrics.frechet import frechet_distance
from matchzoo.generators.selectors import frechet_search
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression

BUDGET, CLUSTERS = 600, 50
STYLES = {
    "plain": [],
    "rotated": [Rotated(degrees=60)],
    "contrast": [Contrast()],
    "noisy": [Noisy()],
    "inverted": [Inverted()],
    "background": [Background()],
}
TARGET = "rotated"


def styled(style: str, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Digits [n, 64] of a split in a style, and their labels [n]."""
    digits = Digits(size=8, channels=1)
    data = (Shifted(source=digits, shifts=STYLES[style]) if STYLES[style] else digits).load()
    part = data.train if split == "train" else data.test
    assert part is not None
    samples = part.render(torch.arange(len(part)))
    assert samples.labels is not None
    return samples.values.flatten(1).double(), samples.labels


def measure(seed: int) -> dict[str, tuple[float, float]]:
    """Accuracy in percent and Fréchet distance to the target of three choices of 600 images."""
    parts = [styled(style, "train") for style in STYLES]
    pool, labels = (torch.cat([part[side] for part in parts]) for side in (0, 1))
    values, truth = styled(TARGET, "test")
    order = torch.randperm(len(values), generator=Step(0, seed).rng("halves"))
    target, test = order[: len(order) // 2], order[len(order) // 2 :]

    clusters = k_means(pool, CLUSTERS, seed)
    searched = frechet_search(pool, clusters, values[target]).rows(clusters)
    same = list(STYLES).index(TARGET) * len(parts[0][0]) + torch.arange(len(parts[0][0]))
    choices = {"random": torch.arange(len(pool)), "searched": searched, "the target's style (oracle)": same}
    figures = {}
    for name, rows in choices.items():
        rng = Step(0, seed).rng("budget", name)
        chosen = rows[torch.randperm(len(rows), generator=rng)[:BUDGET]]
        [fit] = fit_softmax_regression(pool[chosen], labels[chosen], 10, [1e-3])
        right = (fit.scores(values[test]).argmax(1) == truth[test]).double().mean().item()
        figures[name] = (100 * right, frechet_distance(pool[chosen], values[target]))
    return figures


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    splits = [measure(seed) for seed in range(3)]
    print("| 600 images | accuracy on the target % | Fréchet distance to it |")
    print("| --- | --- | --- |")
    for name in splits[0]:
        cells = []
        for position, digits in ((0, 1), (1, 3)):
            numbers = [figures[name][position] for figures in splits]
            cells.append(mean_and_error(numbers, f".{digits}f"))
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
