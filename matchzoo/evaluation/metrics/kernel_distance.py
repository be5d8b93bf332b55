"""The kernel distance of two sets of features."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import Polynomial
from matchzoo.core.step import Step
from matchzoo.evaluation.metrics.checking import check_features, checked_features
from matchzoo.evaluation.metrics.subset_values import SubsetValues
from matchzoo.matchers.mmd import squared_mmd


def kernel_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """Unbiased squared MMD of two sets under (xᵀy / d + 1)³, over all pairs, in float64 and in bounded memory.

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
    return squared_mmd(x, y, Polynomial(), "unbiased").item()


def kernel_distance_of_subsets(
    x: torch.Tensor, y: torch.Tensor, subsets: int = 100, size: int = 1000, seed: int = 0
) -> SubsetValues:
    """The `kernel_distance` of random subsets, as publications give it (KID), with its deviation over these.

    Every subset has ``size`` different samples of each set. Their number changes nothing in expectation, and the mean
    over subsets varies more than `kernel_distance`, which looks at all pairs.

    Examples:
        >>> kid = kernel_distance_of_subsets(features_of_real, features_of_generated)
        >>> kid.mean, kid.deviation

    Args:
        x: [n, d].
        y: [m, d].
        subsets: at least 1.
        size: samples of each set in a subset, 2 to the fewer of n and m.
        seed: of the choice.

    Raises:
        MatchZooError: as `kernel_distance`; no subset, or a size out of range.

    Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018, section 4.
    """
    check_features("kernel distance", x=x, y=y)
    fewest = min(len(x), len(y))
    if subsets < 1 or not 2 <= size <= fewest:
        raise MatchZooError(
            f"kernel distance: expected at least 1 subset of 2 to {fewest} samples, got {subsets} of {size}"
        )

    rng = Step(0, seed).rng("kernel distance")
    values = []
    for _ in range(subsets):
        a, b = (double(z.detach()[torch.randperm(len(z), generator=rng)[:size].to(z.device)]) for z in (x, y))
        values.append(squared_mmd(a, b, Polynomial(), "unbiased"))
    return SubsetValues(torch.stack(values).cpu())
