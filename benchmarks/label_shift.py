"""Latent label shift, measured: classes of digits that no label names, told by domains in which their shares differ.

python benchmarks/label_shift.py        the table of docs/label-shift.md in Markdown (half a CPU minute)
"""

import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from seeds import mean_and_error
from sklearn.datasets import load_digits

from matchzoo.core.numerics.clustering import k_means
from matchzoo.ratios.label_shift import LatentLabelShift, class_given_domain, class_given_x, class_given_x_and_domain
from matchzoo.ratios.label_shift.factorization import factorize_shares

CLASS_OF = torch.tensor([0, 0, 1, 2, 1, 3, 2, 3, 4, 4])
"""Of each digit: two unlike ones make a class."""
CLASSES = 5
SEEDS = range(3)


def assignment(found: torch.Tensor, truth: torch.Tensor) -> tuple[float, torch.Tensor]:
    """The accuracy [0, 1] of classes [n] under the best names for them, and those names [k]."""
    counts = F.one_hot(found, CLASSES).double().T @ F.one_hot(truth, CLASSES).double()
    rows, names = linear_sum_assignment(-counts.numpy())
    return counts[rows, names].sum().item() / len(truth), torch.from_numpy(names)


def measure(share: float, seed: int) -> dict[str, float]:
    """Accuracies of one draw of the domains."""
    images, digits = load_digits(return_X_y=True)
    pixels, classes = torch.from_numpy(images) / 16, CLASS_OF[torch.from_numpy(digits)]
    chances = torch.full((CLASSES, CLASSES), (1 - share) / (CLASSES - 1)).fill_diagonal_(share)
    drawn = torch.multinomial(chances[classes], 1, generator=torch.Generator().manual_seed(seed)).flatten()
    sets = [pixels[drawn == domain] for domain in range(CLASSES)]
    truth = torch.cat([classes[drawn == domain] for domain in range(CLASSES)])

    latent = LatentLabelShift(classes=CLASSES).fit(sets, seed)
    accuracy, names = assignment(latent.class_given_x.argmax(1), truth)
    domains, shares = latent.k_way.domains, latent.k_way.shares
    true_shares = torch.stack([F.one_hot(truth[domains == d], CLASSES).double().mean(0) for d in range(CLASSES)], 1)

    clusters = k_means(latent.k_way.out_of_fold, CLASSES, seed)
    factorized = factorize_shares(class_given_domain(clusters, domains, CLASSES), CLASSES, seed)[1]
    of_x = class_given_x(latent.k_way.out_of_fold, factorized, shares)
    of_both = class_given_x_and_domain(of_x, factorized, shares)[torch.arange(len(truth)), :, domains]
    seen = latent.k_way.probabilities(torch.cat(sets))
    of_seen = class_given_x(seen, class_given_domain(k_means(seen, CLASSES, seed), domains, CLASSES), shares)
    return {
        "k-means of pixels": assignment(k_means(torch.cat(sets), CLASSES), truth)[0],
        "p(y|x)": accuracy,
        "p(y|x, d)": assignment(latent.own_domain.argmax(1), truth)[0],
        "p(y|x), factorized shares": assignment(of_x.argmax(1), truth)[0],
        "p(y|x, d), factorized shares": assignment(of_both.argmax(1), truth)[0],
        "p(y|x), not cross-fitted": assignment(of_seen.argmax(1), truth)[0],
        "error of p(y|d)": (latent.class_given_domain[names.argsort()] - true_shares).abs().mean().item(),
    }


def main() -> None:
    columns = {share: [measure(share, seed) for seed in SEEDS] for share in (0.7, 0.5)}
    print("| | " + " | ".join(f"share {share}" for share in columns) + " |\n| --- | --- | --- |")
    for name in columns[0.7][0]:
        values = [[record[name] for record in records] for records in columns.values()]
        cells = [mean_and_error(column, ".3f") for column in values]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
