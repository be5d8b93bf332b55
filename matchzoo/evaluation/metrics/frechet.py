"""The Fréchet distance of two sets of features."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double


def frechet_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """Squared Fréchet (Wasserstein-2) distance of the Gaussians with the means and covariances of two sets.

    |μ_x − μ_y|² + tr(Σ_x + Σ_y − 2 (Σ_x^½ Σ_y Σ_x^½)^½), in float64; covariances are the unbiased ones. It is biased
    upwards in the number of samples: compare only at equal numbers, well above the dimension.

    Examples:
        >>> frechet_distance(features_of_real, features_of_generated)  # a float

    Args:
        x: [n, d].
        y: [m, d].

    Raises:
        MatchZooError: fewer than 2 samples of a set, other dimensions, or features that are not finite.

    Source: Heusel et al., GANs trained by a two time-scale update rule, NeurIPS 2017, equation 6.
    """
    if x.dim() != 2 or y.dim() != 2 or x.shape[1] != y.shape[1] or min(len(x), len(y)) < 2:
        raise MatchZooError(
            f"Fréchet distance: expected [n, d] and [m, d] with at least 2 samples, got {tuple(x.shape)} and "
            f"{tuple(y.shape)}"
        )
    x, y = double(x), double(y)
    if not (x.isfinite().all() and y.isfinite().all()):
        raise MatchZooError("Fréchet distance: the features are not all finite")
    a, b = x.T.cov().reshape(x.shape[1], -1), y.T.cov().reshape(x.shape[1], -1)
    if not (a.isfinite().all() and b.isfinite().all()):
        raise MatchZooError("Fréchet distance: the covariances are too large to be numbers; scale the features")
    values, vectors = torch.linalg.eigh(a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ b @ root).clamp_min(0).sqrt().sum()
    shift = (x.mean(0) - y.mean(0)).square().sum()
    return (shift + a.trace() + b.trace() - 2 * cross).clamp_min(0).item()
