"""Precision, recall, density and coverage: fidelity apart from diversity, by nearest neighbors in feature space."""

import math

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics.checking import checked_features

BLOCK = 1024
"""Rows whose distances are held at once."""


@torch.no_grad()
def precision_recall_density_coverage(
    real: torch.Tensor, generated: torch.Tensor, neighbors: int = 5
) -> dict[str, float]:
    """Shares by the closed balls around samples that reach to their k-th neighbor of the same set.

    ``precision``: generated samples within a ball of a real one. ``recall``: real samples within a ball of a generated
    one. ``density``: real balls that hold a generated sample, on average and over k (above 1 where samples crowd).
    ``coverage``: real samples whose ball holds a generated one.

    A sample on the rim of a ball is in it. So where features repeat, as those of blank images or of one-hot rows do,
    and a ball has the radius 0, it still holds its copies, and a set has precision, recall and coverage 1 against
    itself. Distances are sums of squared differences in float64: those of equal rows are 0, and those of the same two
    rows are the same number in either order, so that ties are ties. There are three matrices of them, held in blocks of
    rows.

    Examples:
        >>> precision_recall_density_coverage(features_of_real, features_of_generated)["coverage"]

    Args:
        real: [n, d].
        generated: [m, d].
        neighbors: k ≥ 1, smaller than both numbers of samples; a sample is not its own neighbor.

    Raises:
        MatchZooError: too few samples for k, other dimensions, or features that are not finite.

    Source: Kynkäänniemi et al., Improved precision and recall metric, NeurIPS 2019, equation 1, whose balls are closed;
    Naeem et al., Reliable fidelity and diversity metrics for generative models, ICML 2020, whose equations leave the
    rim open to the reader. We close it for all four; the released code of the latter has open balls, which differ
    where distances tie and nowhere else.
    """
    real, generated = checked_features("precision and recall", real=real, generated=generated)
    fewest = min(len(real), len(generated))
    if not 1 <= neighbors < fewest:
        raise MatchZooError(
            f"neighbors: expected 1 to {fewest - 1} for {len(real)} real and {len(generated)} generated samples, got "
            f"{neighbors}"
        )

    scale = _power_of_two(max(float(real.abs().max()), float(generated.abs().max())))
    real, generated = real * scale, generated * scale  # exact; squares would leave the range of numbers else
    real_radius, generated_radius = _radii(real, neighbors), _radii(generated, neighbors)
    balls = torch.zeros(len(generated), dtype=torch.long, device=real.device)
    recalled, covered = 0, 0
    for rows, radius in zip(real.split(BLOCK), real_radius.split(BLOCK), strict=True):
        distances = _distances(rows, generated)
        inside = distances <= radius[:, None]
        balls += inside.sum(0)
        covered += int(inside.any(1).sum())
        recalled += int((distances <= generated_radius).any(1).sum())
    return {
        "precision": (balls > 0).double().mean().item(),
        "recall": recalled / len(real),
        "density": balls.double().mean().item() / neighbors,
        "coverage": covered / len(real),
    }


def _power_of_two(largest: float) -> float:
    """By which numbers up to ``largest`` are about 1."""
    return 2.0 ** -min(max(math.frexp(largest)[1], -1000), 1000)


def _radii(x: torch.Tensor, neighbors: int) -> torch.Tensor:
    """Distance [n] of every sample to its k-th neighbor."""
    return torch.cat([_distances(rows, x).kthvalue(neighbors + 1, 1).values for rows in x.split(BLOCK)])


def _distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[n, m], each a function of its two rows alone; the product |x|² + |y|² − 2xy would round ties apart."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
