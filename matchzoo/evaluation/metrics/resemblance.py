"""Whether generated samples can be those of the data at all: how far they are, how far apart, and whether they vary."""

import torch

from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.numerics.kernels import Gaussian
from matchzoo.evaluation.metrics.checking import checked_features
from matchzoo.matchers.mmd import squared_mmd


def share_of_a_point(samples: torch.Tensor, real: torch.Tensor) -> float:
    """The unbiased squared MMD of samples from real ones, as a share of that of a single point, the mean of the real
    ones: 0 for the data's own distribution, 1 for a generator that always gives their mean.

    The kernel is a Gaussian whose bandwidth is the median distance of two real samples.

    Args:
        samples: [n, …].
        real: [m, …].

    Raises:
        MatchZooError: there are fewer than two of either, or a number is not finite.
    """
    flat = {"samples": samples.flatten(1), "real": real.flatten(1)}
    x, y = checked_features("resemblance", 2, **flat)
    kernel = Gaussian(bandwidths=[spread(y) or 1.0])
    constant = y.mean(0, keepdim=True).expand(len(y), -1)
    farthest = squared_mmd(constant, y, kernel, "unbiased").item()
    return squared_mmd(x, y, kernel, "unbiased").item() / farthest if farthest > 0 else 0.0


def spread(samples: torch.Tensor) -> float:
    """The median Euclidean distance of two different rows of samples [n, …]."""
    x = samples.flatten(1).double()
    rows, columns = torch.triu_indices(len(x), len(x), 1)
    return squared_distances(x, x)[rows, columns].median().sqrt().item() if len(x) > 1 else 0.0
