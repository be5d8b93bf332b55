"""The subspace of largest variance."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.projectors.alignment.alignment import Alignment, LinearMap, check_sets


def principal_axes(values: torch.Tensor, features: int) -> torch.Tensor:
    """Orthonormal directions [d, k] of largest variance, in descending order, by the SVD of the centered samples.

    The largest entry of every direction is positive, which makes the sign unique. Computed in float64.

    Args:
        values: [n, d].
        features: k, at most min(n, d).

    Raises:
        MatchZooError: more directions than there are.
    """
    if features > min(values.shape):
        raise MatchZooError(
            f"principal axes: expected at most {min(values.shape)} of {len(values)} samples of {values.shape[1]} "
            f"features, got features = {features}"
        )
    wide = double(values)
    axes = torch.linalg.svd(wide - wide.mean(0), full_matrices=False).Vh[:features].T
    largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
    return (axes * largest.sign()).to(values)


@declare("principal-components")
class PrincipalComponents(Alignment):
    """Principal components of both sets pooled, with one center: nothing aligns them but the directions left out.

    ``source`` and ``target`` may be the same set, whose principal components these then are.
    """

    features: int = attrs.field(validator=at_least(1))
    """How many."""

    def width(self, inputs: int) -> int:
        """`features`."""
        return self.features

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[LinearMap, LinearMap]:
        """One map of both sets, [n, d] and [m, d]."""
        check_sets(source, target)
        pooled = torch.cat([source, target])
        axes = principal_axes(pooled, self.features)
        fitted = LinearMap(axes, -double(pooled).mean(0).to(axes) @ axes)
        return fitted, fitted
