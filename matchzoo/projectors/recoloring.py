"""Correlation alignment: a linear map after which one set has the covariance of another."""

from typing import ClassVar

import attrs
import torch
from torch import nn

from matchzoo.core.declare import declare
from matchzoo.core.numerics.float64 import double
from matchzoo.core.spec import Spec
from matchzoo.core.validators import at_least, not_empty
from matchzoo.data.pool import Pool
from matchzoo.projectors.projector import Projector


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
class Recoloring(Projector):
    """`recolor`, fitted once to two sets of the data before the first step; a recipe of nothing else has no players and
    ``trainer.steps = 0``.

    Source: Sun, Feng and Saenko, Return of frustratingly easy domain adaptation, AAAI 2016 (CORAL).
    """

    keeps_state: ClassVar[bool] = True
    source: str = attrs.field(default="real", validator=not_empty())
    """Name of the set that is mapped."""
    target: str = attrs.field(default="target", validator=not_empty())
    """Name of the set whose covariance it gets."""
    ridge: float = attrs.field(default=1.0, validator=at_least(0))
    """Added to the diagonals of both covariances."""
    means: bool = True
    """Whether means are matched as well."""

    def build(self, spec: Spec) -> int:
        """Room for the map, which is the identity until it is fitted."""
        width = int(torch.Size(spec.shape).numel())
        self.path = spec.space
        self.matrix, self.shift = nn.Buffer(torch.eye(width)), nn.Buffer(torch.zeros(width))
        return width

    def prepare(self, pool: Pool) -> None:
        """Fit the map; a `DeclarationError` if the data have no such set."""
        source = pool.features_of(self.source, self.on, f"{self.path}.source").values
        target = pool.features_of(self.target, self.on, f"{self.path}.target").values
        matrix, shift = recolor(source, target, self.ridge, self.means)
        self.matrix.copy_(matrix)
        self.shift.copy_(shift)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] (flattened) → [n, d]."""
        return x.flatten(1) @ self.matrix + self.shift
