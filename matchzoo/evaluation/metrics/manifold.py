"""Precision, recall, density and coverage: fidelity apart from diversity, by nearest neighbors in feature space."""

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.neighbors import compared_points, neighbor_distances, tiles_within
from matchzoo.evaluation.metrics.checking import checked_features


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
    itself. Distances that decide are sums of squared differences in float64: those of equal rows are 0, and those of
    the same two rows are the same number in either order, so that ties are ties. All others are screened by a product
    of matrices (`matchzoo.core.numerics.neighbors`). Memory is that of the sets and of some hundred rows of distances.

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

    real_points, generated_points = compared_points(real, generated)
    real_radii = neighbor_distances(real_points, neighbors)
    generated_radii = neighbor_distances(generated_points, neighbors)
    balls = torch.zeros(len(generated), dtype=torch.long, device=real_radii.device)
    recalled, covered = (balls.new_zeros(len(real), dtype=torch.bool) for _ in range(2))
    tiles = tiles_within(real_points, generated_points, real_radii, generated_radii)
    for rows, columns, in_real_balls, in_generated_balls in tiles:
        balls[columns] += in_real_balls.sum(0)
        covered[rows] |= in_real_balls.any(1)
        recalled[rows] |= in_generated_balls.any(1)
    return {
        "precision": (balls > 0).double().mean().item(),
        "recall": recalled.double().mean().item(),
        "density": balls.double().mean().item() / neighbors,
        "coverage": covered.double().mean().item(),
    }
