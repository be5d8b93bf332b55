"""Digits against the same digits rotated by 20 degrees: target accuracy of every shallow adaptation, in seconds.

python benchmarks/shallow_adaptation.py [--seeds 3]

898 digits of 8x8 pixels are the source, 449 others, rotated, the target without labels, and 450 more, rotated, its test
part. Softmax regression with C = 1 (penalty 1/n) on the pixels as they are, nothing chosen on the target.
"""

import argparse

import numpy as np
import torch
from scipy.ndimage import rotate
from sklearn.datasets import load_digits

from matchzoo.evaluation.adaptation import adapt
from matchzoo.projectors import (
    LinearTransport,
    LocationScale,
    PrincipalComponents,
    Recoloring,
    SubspaceAlignment,
    TransferComponents,
)
from matchzoo.ratios import KLIEP, ULSIF, Classifier

METHODS = {
    "source only": None,
    "means only": LocationScale(),
    "location and scale": LocationScale(scale=True),
    "CORAL, ridge 1e-3": Recoloring(ridge=1e-3),
    "linear transport, ridge 1e-3": LinearTransport(ridge=1e-3),
    "linear transport, ridge 1": LinearTransport(ridge=1.0),
    "subspace alignment, 30": SubspaceAlignment(features=30),
    "subspace alignment, 10": SubspaceAlignment(features=10),
    "transfer components, 30, penalty 1000": TransferComponents(features=30, penalty=1000.0),
    "principal components, 30": PrincipalComponents(features=30),
    "weights: uLSIF": ULSIF(),
    "weights: KLIEP": KLIEP(),
    "weights: logistic regression": Classifier(features="linear"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    digits = load_digits()
    images = digits.images / 16
    rotated = np.stack([rotate(image, 20, reshape=False, order=1) for image in images])
    plain, turned = (torch.from_numpy(values.reshape(len(values), -1)) for values in (images, rotated))
    labels = torch.from_numpy(digits.target).long()

    results: dict[str, list[float]] = {}
    for seed in range(options.seeds):
        order = torch.from_numpy(np.random.default_rng(seed).permutation(len(labels)))
        source, target, test = order[:898], order[898:1347], order[1347:]
        for name, method in METHODS.items():
            adapted = adapt(plain[source], labels[source], turned[target], method, standardize=False, classes=10)
            right = adapted.predict(turned[test]) == labels[test]
            results.setdefault(name, []).append(right.double().mean().item())
        oracle = adapt(turned[target], labels[target], turned[test], None, standardize=False, classes=10)
        right = oracle.predict(turned[test]) == labels[test]
        results.setdefault("trained on the target", []).append(right.double().mean().item())

    print(f"| method | target accuracy, {options.seeds} seeds |\n| --- | --- |")
    for name, values in results.items():
        print(f"| {name} | {np.mean(values):.3f} ± {np.std(values, ddof=1):.3f} |")


if __name__ == "__main__":
    main()
