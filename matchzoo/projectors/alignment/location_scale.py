"""Means, and standard deviations, of one set made those of another, feature by feature."""

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.numerics.float64 import double
from matchzoo.projectors.alignment.alignment import Alignment, LinearMap, check_sets


def match_locations(
    source: torch.Tensor, target: torch.Tensor, scale: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """The map x ↦ x ⊙ a + b after which every feature has the mean (and standard deviation) of the target's.

    a = σ_t / σ_s with ``scale``, else 1; b = μ_t − μ_s ⊙ a. A feature that is constant in the source is only moved.
    Of all maps by a vector, ``b`` alone is the one that makes the MMD of a linear kernel 0.

    Args:
        source: [n, d], n at least 2.
        target: [m, d], m at least 2.
        scale: whether standard deviations are matched too.

    Returns:
        a [d] and b [d], in the precision of the source.
    """
    check_sets(source, target)
    wide_source, wide_target = double(source), double(target)
    factor = torch.ones_like(wide_source[0])
    if scale:
        spread, magnitude = wide_source.std(0), wide_source.abs().amax(0)
        is_constant = spread <= 8 * torch.finfo(spread.dtype).eps * magnitude
        factor = torch.where(is_constant, factor, wide_target.std(0) / torch.where(is_constant, factor, spread))
    shift = wide_target.mean(0) - wide_source.mean(0) * factor
    return factor.to(source), shift.to(source)


@declare("location-scale")
class LocationScale(Alignment):
    """`match_locations`, fitted once to two sets: the row that every other alignment should be compared with."""

    scale: bool = False
    """Whether standard deviations are matched as well as means."""

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[LinearMap, None]:
        """The map of the source [n, d]; the target [m, d] stays as it is."""
        factor, shift = match_locations(source, target, self.scale)
        return LinearMap(factor.diag(), shift), None
