"""The principal subspace of one set, turned into that of another."""

from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.numerics.float64 import double
from matchzoo.projectors.alignment.alignment import Alignment, LinearMap, check_sets
from matchzoo.projectors.alignment.principal_components import principal_axes


def align_subspaces(
    source: torch.Tensor, target: torch.Tensor, features: int
) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """Maps of two sets into the coordinates of the target's principal subspace.

    z_s = (x − μ_s) P_s M with M = P_sᵀ P_t, the matrix that minimizes ‖P_s M − P_t‖, and z_t = (x − μ_t) P_t, where
    P [d, k] are `principal_axes` of either set, each with its own center. Computed in float64.

    Args:
        source: [n, d], n at least k.
        target: [m, d], m at least k.
        features: k, at most d.

    Returns:
        Matrix [d, k] and shift [k] of x ↦ x A + b: those of the source, and those of the target.

    Source: Fernando et al., Unsupervised visual domain adaptation using subspace alignment, ICCV 2013.
    """
    check_sets(source, target)
    wide_source, wide_target = double(source), double(target)
    of_source, of_target = (principal_axes(values, features) for values in (wide_source, wide_target))
    maps = []
    for values, matrix in ((wide_source, of_source @ (of_source.T @ of_target)), (wide_target, of_target)):
        maps.append((matrix.to(source), (-values.mean(0) @ matrix).to(source)))
    return maps[0], maps[1]


@declare("subspace-alignment")
class SubspaceAlignment(Alignment):
    """`align_subspaces`, fitted once to two sets, each of which has a map of its own: ``of`` says whose this is.

    Source: Fernando et al., Unsupervised visual domain adaptation using subspace alignment, ICCV 2013.
    """

    features: int = attrs.field(validator=at_least(1))
    """Dimension of the subspace."""
    of: Literal["source", "target"] = "source"
    """Whose samples it takes; `maps` gives both."""

    @property
    def takes_target(self) -> bool:
        """As `of` says."""
        return self.of == "target"

    def width(self, inputs: int) -> int:
        """`features`."""
        return self.features

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[LinearMap, LinearMap]:
        """The maps of the source [n, d] and of the target [m, d]."""
        of_source, of_target = align_subspaces(source, target, self.features)
        return LinearMap(*of_source), LinearMap(*of_target)
