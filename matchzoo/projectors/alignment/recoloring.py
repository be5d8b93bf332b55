"""Correlation alignment: a linear map after which one set has the covariance of another."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.numerics.float64 import double
from matchzoo.projectors.alignment.alignment import Alignment, LinearMap, check_sets


def recolor(
    source: torch.Tensor, target: torch.Tensor, ridge: float = 1.0, means: bool = True
) -> tuple[torch.Tensor, torch.Tensor]:
    """The map x ↦ x A + b that whitens a source and colors it like a target: A = C_s^(−1/2) C_t^(1/2).

    C = cov + ridge · I, covariances with n − 1. With ``means`` the mean is carried over as well, b = μ_t − μ_s A;
    without it b = 0. Computed in float64.

    Args:
        source: [n, d], n at least 2.
        target: [m, d], m at least 2.
        ridge: of both covariances, at least 0; the paper has 1. With 0 both must have full rank.
        means: whether means are matched too.

    Returns:
        A [d, d] and b [d], in the precision of the source.

    Source: Sun, Feng and Saenko, Return of frustratingly easy domain adaptation, AAAI 2016, algorithm 1, which has no
        means.
    """
    check_sets(source, target)
    wide_source, wide_target = double(source), double(target)
    roots = []
    for values, power in ((wide_source, -0.5), (wide_target, 0.5)):
        covariance = torch.cov(values.T).reshape(values.shape[1], values.shape[1])
        eigenvalues, vectors = torch.linalg.eigh(covariance)
        roots.append((vectors * (eigenvalues.clamp_min(0) + ridge).pow(power)) @ vectors.T)

    matrix = roots[0] @ roots[1]
    shift = wide_target.mean(0) - wide_source.mean(0) @ matrix if means else matrix.new_zeros(len(matrix))
    return matrix.to(source), shift.to(source)


@declare("recoloring")
class Recoloring(Alignment):
    """`recolor`, fitted once to two sets: the source gets the covariance of the target.

    Source: Sun, Feng and Saenko, Return of frustratingly easy domain adaptation, AAAI 2016 (CORAL).
    """

    ridge: float = attrs.field(default=1.0, validator=at_least(0))
    """Added to the diagonals of both covariances."""
    means: bool = True
    """Whether means are matched as well."""

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[LinearMap, None]:
        """The map of the source [n, d]; the target [m, d] stays as it is."""
        return LinearMap(*recolor(source, target, self.ridge, self.means)), None
