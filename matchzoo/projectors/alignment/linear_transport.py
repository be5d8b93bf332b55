"""The linear map of optimal transport between two Gaussian distributions."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.numerics.float64 import double
from matchzoo.models.transport.gaussian import gaussian_map
from matchzoo.projectors.alignment.alignment import Alignment, LinearMap, check_sets


def linear_transport(
    source: torch.Tensor, target: torch.Tensor, ridge: float = 1e-3
) -> tuple[torch.Tensor, torch.Tensor]:
    """The map x ↦ x A + b of optimal transport, for squared distances, from N(μ_s, C_s) to N(μ_t, C_t).

    A = C_s^(−1/2) (C_s^(1/2) C_t C_s^(1/2))^(1/2) C_s^(−1/2), symmetric, and b = μ_t − μ_s A, with C = cov + ridge · I
    and covariances with n. Of all maps that give the source this mean and covariance it moves samples least; `recolor`
    is another one. Computed in float64.

    Examples:
        >>> matrix, shift = linear_transport(source, target)
        >>> mapped = source @ matrix + shift

    Args:
        source: [n, d], n at least 2.
        target: [m, d], m at least 2.
        ridge: of both covariances, at least 0; with 0 that of the source must have full rank.

    Returns:
        A [d, d] and b [d], in the precision of the source.

    Source: Flamary, Lounici and Ferrari, Concentration bounds for linear Monge mapping estimation and optimal transport
        domain adaptation, 2019.
    """
    check_sets(source, target)
    wide_source, wide_target = double(source), double(target)
    of_source, of_target = (
        torch.cov(values.T, correction=0).reshape(values.shape[1], -1)
        + ridge * torch.eye(values.shape[1], dtype=values.dtype, device=values.device)
        for values in (wide_source, wide_target)
    )
    matrix, shift = gaussian_map(wide_source.mean(0), of_source, wide_target.mean(0), of_target)
    return matrix.to(source), shift.to(source)


@declare("linear-transport")
class LinearTransport(Alignment):
    """`linear_transport`, fitted once to two sets: the source gets mean and covariance of the target, and moves least.

    Source: Flamary, Lounici and Ferrari, Concentration bounds for linear Monge mapping estimation, 2019.
    """

    ridge: float = attrs.field(default=1e-3, validator=at_least(0))
    """Added to the diagonals of both covariances."""

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[LinearMap, None]:
        """The map of the source [n, d]; the target [m, d] stays as it is."""
        return LinearMap(*linear_transport(source, target, self.ridge)), None
