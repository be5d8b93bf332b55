"""The Fréchet distance of two sets of features, of their moments, and with a penalty for copies."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics.checking import check_features, checked_features
from matchzoo.evaluation.metrics.moments import Moments
from matchzoo.models.transport.gaussian import gaussian_cost

BLOCK = 1024
"""Rows whose similarities are held at once."""
NO_DISTANCE = 1e-14
"""Added to a distance that divides."""


def frechet_distance(x: torch.Tensor | Moments, y: torch.Tensor | Moments) -> float:
    """Squared Fréchet (Wasserstein-2) distance of the Gaussians with the means and covariances of two sets.

    |μ_x − μ_y|² + tr(Σ_x + Σ_y − 2 (Σ_x^½ Σ_y Σ_x^½)^½), in float64; covariances are the unbiased ones. It is biased
    upward in the number of samples: compare only at equal numbers, well above the dimension.

    Examples:
        >>> frechet_distance(features_of_real, features_of_generated)  # a float
        >>> frechet_distance(moments_of_real, features_of_generated)  # `Moments`, which were gathered batch by batch

    Args:
        x: [n, d], or their `Moments`.
        y: [m, d], or their `Moments`.

    Raises:
        MatchZooError: fewer than 2 samples of a set, other dimensions, or features that are not finite.

    Source: Heusel et al., GANs trained by a two time-scale update rule, NeurIPS 2017, equation 6.
    """
    rows = {name: z for name, z in (("x", x), ("y", y)) if not isinstance(z, Moments)}
    if rows:
        check_features("Fréchet distance", 2, **rows)
    (mean, a), (other_mean, b) = ((z if isinstance(z, Moments) else Moments().update(z)).compute() for z in (x, y))
    if mean.shape != other_mean.shape:
        raise MatchZooError(f"Fréchet distance: dimensions differ: {len(mean)} and {len(other_mean)}")
    if not (a.isfinite().all() and b.isfinite().all()):
        raise MatchZooError("Fréchet distance: the covariances are too large to be numbers; scale the features")
    return gaussian_cost(mean, a, other_mean, b).clamp_min(0).item()


def memorization_distance(generated: torch.Tensor, training: torch.Tensor) -> float:
    """Mean over generated samples of min over training samples of 1 − |cos|, in [0, 1]: 0 if all are copies.

    Examples:
        >>> memorization_distance(features_of_generated, features_of_training)

    Args:
        generated: [n, d]; rows of zeros have no direction and are left out, of both sets.
        training: [m, d].

    Raises:
        MatchZooError: as `frechet_distance`; or a set has rows of zeros only.

    Source: Bai et al., On training sample memorization, KDD 2021.
    """
    generated, training = checked_features("memorization distance", 1, generated=generated, training=training)
    a, b = (x[(x != 0).any(1)] for x in (generated, training))
    if not len(a) or not len(b):
        raise MatchZooError("memorization distance: all features of a set are 0, which have no direction")
    a, b = (x / torch.linalg.vector_norm(x, dim=1, keepdim=True) for x in (a, b))
    nearest = torch.cat([(rows @ b.T).abs_().amax(1) for rows in a.split(BLOCK)])
    return (1 - nearest).clamp_min(0).mean().item()


def memorization_informed_frechet_distance(
    generated: torch.Tensor, reference: torch.Tensor, training: torch.Tensor | None = None, threshold: float = 0.1
) -> float:
    """The Fréchet distance divided by the `memorization_distance` where that is below a threshold (MiFID).

    A generator that repeats its training samples so gets a large number in place of a small one.

    Examples:
        >>> memorization_informed_frechet_distance(features_of_generated, features_of_training)

    Args:
        generated: [n, d].
        reference: [m, d], what the Fréchet distance is to.
        training: [k, d], what could have been copied; the reference if not given, as in the paper.
        threshold: τ of the memorization distance, from which on nothing is divided. It depends on the features.

    Raises:
        MatchZooError: as `frechet_distance` and `memorization_distance`.

    Source: Bai et al., On training sample memorization, KDD 2021, whose set of reference is that of training. Theirs is
    a mean over generated samples; torchmetrics takes one over real samples, each with its nearest generated one.
    """
    frechet = frechet_distance(generated, reference)
    distance = memorization_distance(generated, reference if training is None else training)
    return frechet / (distance + NO_DISTANCE) if distance < threshold else frechet
