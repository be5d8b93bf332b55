"""The kernel distance of two sets of features."""

import torch

from matchzoo.core.numerics.kernels import Polynomial
from matchzoo.core.samples import Samples
from matchzoo.evaluation.metrics.checking import checked_features

BLOCK = 1024


def kernel_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """Unbiased squared MMD of two sets under (xᵀy / d + 1)³, over all pairs, in float64 and in blocks of rows.

    It is 0 on average where the distributions are equal, so negative about half of the time there. In float32 it would
    lose what it measures: values near 0 are differences of means of cubes.

    Examples:
        >>> kernel_distance(features_of_real, features_of_generated)  # a float

    Args:
        x: [n, d].
        y: [m, d].

    Raises:
        MatchZooError: fewer than 2 samples of a set, other dimensions, or features that are not finite.

    Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018, who average it over subsets of 1000 samples; all pairs
    give the same in expectation, with less variance.
    """
    x, y = checked_features("kernel distance", x=x, y=y)
    kernel = Polynomial()

    def total(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        whole = Samples(b)
        return torch.stack([kernel.gram(Samples(rows), whole).sum() for rows in a.split(BLOCK)]).sum()

    within = [(total(a, a) - kernel.pairs(a, a).sum()) / (len(a) * (len(a) - 1)) for a in (x, y)]
    return (within[0] + within[1] - 2 * total(x, y) / (len(x) * len(y))).item()
