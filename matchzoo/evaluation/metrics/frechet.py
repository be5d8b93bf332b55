"""The Fréchet distance of two sets of features."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics.checking import checked_features
from matchzoo.models.transport.gaussian import gaussian_cost


def frechet_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """Squared Fréchet (Wasserstein-2) distance of the Gaussians with the means and covariances of two sets.

    |μ_x − μ_y|² + tr(Σ_x + Σ_y − 2 (Σ_x^½ Σ_y Σ_x^½)^½), in float64; covariances are the unbiased ones. It is biased
    upward in the number of samples: compare only at equal numbers, well above the dimension.

    Examples:
        >>> frechet_distance(features_of_real, features_of_generated)  # a float

    Args:
        x: [n, d].
        y: [m, d].

    Raises:
        MatchZooError: fewer than 2 samples of a set, other dimensions, or features that are not finite.

    Source: Heusel et al., GANs trained by a two time-scale update rule, NeurIPS 2017, equation 6.
    """
    x, y = checked_features("Fréchet distance", x=x, y=y)
    a, b = x.T.cov().reshape(x.shape[1], -1), y.T.cov().reshape(x.shape[1], -1)
    if not (a.isfinite().all() and b.isfinite().all()):
        raise MatchZooError("Fréchet distance: the covariances are too large to be numbers; scale the features")
    return gaussian_cost(x.mean(0), a, y.mean(0), b).clamp_min(0).item()
