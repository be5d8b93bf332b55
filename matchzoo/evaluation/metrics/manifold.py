"""Precision, recall, density and coverage: fidelity apart from diversity, by nearest neighbors in feature space."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double

BLOCK = 1024


def precision_recall_density_coverage(
    real: torch.Tensor, generated: torch.Tensor, neighbors: int = 5
) -> dict[str, float]:
    """Shares by the balls around samples that reach to their k-th neighbor of the same set.

    ``precision``: generated samples within a ball of a real one. ``recall``: real samples within a ball of a generated
    one. ``density``: real balls that hold a generated sample, on average and over k (above 1 where samples crowd).
    ``coverage``: real samples whose ball holds a generated one.

    Examples:
        >>> precision_recall_density_coverage(features_of_real, features_of_generated)["coverage"]

    Args:
        real: [n, d].
        generated: [m, d].
        neighbors: k ≥ 1, smaller than both numbers of samples; a sample is not its own neighbor.

    Raises:
        MatchZooError: too few samples for k.

    Source: Kynkäänniemi et al., Improved precision and recall metric, NeurIPS 2019; Naeem et al., Reliable fidelity
    and diversity metrics for generative models, ICML 2020.
    """
    if not 1 <= neighbors < min(len(real), len(generated)):
        raise MatchZooError(
            f"neighbors: expected 1 to {min(len(real), len(generated)) - 1} for {len(real)} real and {len(generated)} "
            f"generated samples, got {neighbors}"
        )
    real, generated = double(real), double(generated)
    real_radius, generated_radius = _radii(real, neighbors), _radii(generated, neighbors)
    inside_real = torch.zeros(len(generated), dtype=torch.long, device=real.device)
    recalled, covered = 0, 0
    for start in range(0, len(real), BLOCK):
        some = slice(start, start + BLOCK)
        distances = torch.cdist(real[some], generated)
        held = distances < real_radius[some, None]
        inside_real += held.sum(0)
        covered += int(held.any(1).sum())
        recalled += int((distances < generated_radius).any(1).sum())
    return {
        "precision": (inside_real > 0).double().mean().item(),
        "recall": recalled / len(real),
        "density": inside_real.double().mean().item() / neighbors,
        "coverage": covered / len(real),
    }


def _radii(x: torch.Tensor, neighbors: int) -> torch.Tensor:
    """Distance [n] of every sample to its k-th neighbor."""
    radii = [torch.cdist(x[i : i + BLOCK], x).kthvalue(neighbors + 1, 1).values for i in range(0, len(x), BLOCK)]
    return torch.cat(radii)
