"""A shift and scale of every feature after which the maximum mean discrepancy of two sets is least."""

import functools
from collections.abc import Callable, Sequence

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.numerics.bandwidths import Bandwidth, absolute, check_bandwidths
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.typical_distances import typical_distance
from matchzoo.projectors.alignment.alignment import Alignment, LinearMap, check_sets, spread_rows
from matchzoo.projectors.alignment.location_scale import match_locations

GRADIENT = 1e-9
"""Largest entry of the gradient at which the search ends."""


def mmd_location_scale(
    source: torch.Tensor,
    target: torch.Tensor,
    bandwidths: Sequence[Bandwidth] = ("median",),
    iterations: int = 100,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The map x ↦ x ⊙ a + b that minimizes MMD²(x ⊙ a + b, y) under Gaussian kernels, by L-BFGS.

    Two starts in closed form, the better end is taken: means and standard deviations made alike (`match_locations`),
    and medians and median absolute deviations. A local minimum is found, of no larger MMD than either. Moments weigh
    outliers by their distance, a Gaussian kernel hardly at all: a cluster of the target that the source has not pulls
    the moments, and leaves this map as it is. Biased MMD², a mean over bandwidths; computed in float64.

    Examples:
        >>> factor, shift = mmd_location_scale(source, target)
        >>> mapped = source * factor + shift

    Args:
        source: [n, d], n at least 2.
        target: [m, d], m at least 2.
        bandwidths: standard deviations of the kernels, or multiples of the median distance *within the target* such as
            ``"median"``, which do not depend on the map.
        iterations: of L-BFGS, at most.

    Returns:
        a [d] and b [d], in the precision of the source.

    Source: the unconditional case of Zhang et al., Domain adaptation under target and conditional shift, ICML 2013,
        section 4, whose a and b depend on the label.
    """
    check_sets(source, target)
    x, y = double(source), double(target)
    widths = [absolute(bandwidth, functools.partial(typical_distance, y, y)) for bandwidth in bandwidths]
    starts = (match_locations(x, y, scale=True), _match_medians(x, y))

    def discrepancy(factor: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        """MMD² but for the mean within the target, which is constant."""
        moved = x * factor + shift
        within, across = squared_distances(moved, moved), squared_distances(moved, y)
        terms = [gaussian(within, s).mean() - 2 * gaussian(across, s).mean() for s in widths]
        return torch.stack(terms).mean()

    ends = [_descend(discrepancy, *start, iterations) for start in starts]
    factor, shift = min(ends, key=lambda end: discrepancy(*end).item())
    return factor.to(source), shift.to(source)


def _descend(
    objective: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    factor: torch.Tensor,
    shift: torch.Tensor,
    iterations: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """A local minimum near a start a [d] and b [d]."""
    with torch.enable_grad():
        both = torch.stack([factor, shift]).requires_grad_()
        search = torch.optim.LBFGS(
            [both], max_iter=iterations, tolerance_grad=GRADIENT, tolerance_change=0, line_search_fn="strong_wolfe"
        )

        def evaluated() -> torch.Tensor:
            search.zero_grad()
            value = objective(both[0], both[1])
            value.backward()
            return value

        search.step(evaluated)
    return both.detach()[0], both.detach()[1]


def _match_medians(source: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """a [d] and b [d] of x ⊙ a + b that has the target's medians and median absolute deviations, a = 1 where one is
    0."""
    middle, other = source.median(0).values, target.median(0).values
    spread, wanted = (source - middle).abs().median(0).values, (target - other).abs().median(0).values
    usable = (spread > 0) & (wanted > 0)
    factor = torch.where(usable, wanted / torch.where(usable, spread, 1.0), 1.0)
    return factor, other - middle * factor


@declare("mmd-location-scale")
class MMDLocationScale(Alignment):
    """`mmd_location_scale`, fitted once to two sets.

    Source: Zhang et al., Domain adaptation under target and conditional shift, ICML 2013, without their dependence on
        the label.
    """

    bandwidths: Several[Bandwidth] = attrs.field(default=("median",), validator=check_bandwidths)
    """Standard deviations of the Gaussian kernels, or multiples of the median distance within the target."""
    iterations: int = attrs.field(default=100, validator=at_least(1))
    """Of L-BFGS, at most."""
    rows: int = attrs.field(default=1000, validator=at_least(2))
    """Samples of each set that it is fitted to, at most, spread evenly over it."""

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[LinearMap, None]:
        """The map of the source [n, d]; the target [m, d] stays as it is."""
        first, second = (spread_rows(values, self.rows) for values in (source, target))
        factor, shift = mmd_location_scale(first, second, self.bandwidths, self.iterations)
        return LinearMap(factor.diag(), shift), None
