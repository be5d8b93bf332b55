"""The ratio of counts of nearest neighbors."""

from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.ratio import Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.ratios.solving.weighting import Both, mean, shares_of

ROWS = 512
"""Points whose distances to all samples are held together."""
ROUNDING = 1e-9
"""Of a share of weights, a sum of which may fall short of it by rounding."""


@torch.no_grad()
def neighbor_counts(
    x: torch.Tensor, numerator: torch.Tensor, denominator: torch.Tensor, neighbors: list[int], without: str = ""
) -> torch.Tensor:
    """How many samples of p are as near to a point as the k-th nearest sample of q.

    Args:
        x: points [c, d].
        numerator: samples of p, [n, d].
        denominator: samples of q, [m, d].
        neighbors: each k, at most m (m − 1 where the points are those of q, left out at themselves).
        without: ``numerator`` or ``denominator`` if the points are the samples of that set, each left out at itself.

    Returns:
        [c, len(neighbors)].
    """
    counts = []
    ranks = torch.tensor(neighbors, device=x.device) - 1
    for start, rows in zip(range(0, len(x), ROWS), x.split(ROWS), strict=True):
        to_p, to_q = squared_distances(rows, numerator), squared_distances(rows, denominator)
        own = torch.arange(len(rows), device=x.device)
        if without:
            (to_p if without == "numerator" else to_q)[own, start + own] = torch.inf
        radii = to_q.topk(max(neighbors), largest=False).values[:, ranks]
        counts.append(torch.searchsorted(to_p.sort(1).values, radii.contiguous(), right=True))
    return torch.cat(counts)


@torch.no_grad()
def neighbor_shares(
    x: torch.Tensor,
    numerator: torch.Tensor,
    denominator: torch.Tensor,
    held: torch.Tensor,
    shares: tuple[torch.Tensor, torch.Tensor],
    without: str = "",
) -> torch.Tensor:
    """What share of p is in the smallest ball around a point that holds a share of q.

    Args:
        x: points [c, d].
        numerator: samples of p, [n, d].
        denominator: samples of q, [m, d].
        held: the shares of q, [j].
        shares: of the samples of p [n] and of q [m], of a sum of 1 each.
        without: ``numerator`` or ``denominator`` if the points are the samples of that set, each left out at itself;
            the shares of the rest are then divided by their sum.

    Returns:
        [c, j].
    """
    of_p, of_q = shares
    values = []
    for start, rows in zip(range(0, len(x), ROWS), x.split(ROWS), strict=True):
        to_p, to_q = squared_distances(rows, numerator), squared_distances(rows, denominator)
        own = torch.arange(len(rows), device=x.device)
        rest = to_p.new_ones(len(rows), 1)
        if without:
            (to_p if without == "numerator" else to_q)[own, start + own] = torch.inf
            rest = 1 - (of_p if without == "numerator" else of_q)[start + own, None]
        (near_p, order_p), (near_q, order_q) = to_p.sort(1), to_q.sort(1)
        needed = held * (1 - ROUNDING) * (rest if without == "denominator" else 1)
        last = torch.searchsorted(of_q[order_q].cumsum(1), needed.expand(len(rows), -1).contiguous())
        radii = near_q.gather(1, last.clamp_max(len(denominator) - 1 - (without == "denominator")))
        counts = torch.searchsorted(near_p, radii, right=True)
        inside = torch.nn.functional.pad(of_p[order_p].cumsum(1), (1, 0)).gather(1, counts)
        values.append(inside / rest if without == "numerator" else inside)
    return torch.cat(values)


@declare("nearest-neighbor")
class NearestNeighborRatio(RatioEstimator):
    """r(x) = (m/n) · c(x) / k, with c(x) of the n samples of p as near to x as the k-th nearest of the m samples of q.

    The number of neighbors is that of least squared error ½ mean_q r² − mean_p r, each sample left out of the count at
    itself. A ratio is a multiple of m / (n k), at most m / k, and constant between the distances at which counts
    change: its gradient is 0.

    With weights of samples, the ball around x is the smallest that holds a share of k/m of q's weight, and the ratio is
    the share of p's in it, over k/m: a weight that is a whole number is that many copies of its sample. A sample that
    is left out is so with all its weight. Samples of a large weight make the balls coarse: where few carry most of q's,
    take another method.

    Source: Kremer et al., Nearest neighbor density ratio estimation for large-scale applications in astronomy,
    Astronomy and Computing 2015; Lima et al., Monthly Notices of the Royal Astronomical Society 2008.
    """

    uses_sample_weights: ClassVar[bool] = True
    neighbors: Several[int] = attrs.field(default=(5, 10, 20, 40, 80), validator=[at_least(1), not_empty()])
    """Samples of the denominator around a point, k, to choose from; those above the size of the set are left out."""

    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The ratio, everywhere."""
        p, q = (double(samples.values.detach().flatten(1)) for samples in (numerator, denominator))
        n, m = len(p), len(q)
        choosing = len(self.neighbors) > 1
        if choosing and min(n, m) < 2:
            raise MatchZooError(
                "nearest neighbors: leaving one out needs at least 2 samples of each set; give one number"
            )
        possible = [int(k) for k in self.neighbors if k <= m - choosing] or [m - choosing]
        shares = _both(p, q, shares_of(numerator, denominator, p.device))
        if len(possible) == 1:
            [k] = possible
        else:
            k = self._chosen(p, q, possible) if shares is None else self._chosen_by_shares(p, q, possible, shares)

        def function(x: torch.Tensor) -> torch.Tensor:
            flat = x.flatten(1)
            if shares is not None:
                inside = neighbor_shares(double(flat.detach()), p, q, p.new_tensor([k / m]), shares)[:, 0]
                return (inside * (m / k)).to(flat) + 0 * flat[:, 0]
            counts = neighbor_counts(double(flat.detach()), p, q, [k])[:, 0]
            return (counts.to(p) * (m / n / k)).to(flat) + 0 * flat[:, 0]

        return Ratio(
            denominator=function(denominator.values),
            chosen={"neighbor": k},
            numerator=lambda: function(numerator.values),
            function=function,
        )

    @staticmethod
    def _chosen(p: torch.Tensor, q: torch.Tensor, possible: list[int]) -> int:
        """Of least squared error at samples left out."""
        n, m = len(p), len(q)
        k = torch.tensor(possible, dtype=p.dtype, device=p.device)
        at_p = neighbor_counts(p, p, q, possible, "numerator").to(p) * (m / (n - 1)) / k
        at_q = neighbor_counts(q, p, q, possible, "denominator").to(p) * ((m - 1) / n) / k
        return possible[int((at_q.square().mean(0) / 2 - at_p.mean(0)).argmin())]

    @staticmethod
    def _chosen_by_shares(
        p: torch.Tensor, q: torch.Tensor, possible: list[int], shares: tuple[torch.Tensor, torch.Tensor]
    ) -> int:
        """The same of samples with shares."""
        k = torch.tensor(possible, dtype=p.dtype, device=p.device)
        of_p, of_q = k / len(q), k / (len(q) - 1)
        at_p = neighbor_shares(p, p, q, of_p, shares, "numerator") / of_p
        at_q = neighbor_shares(q, p, q, of_q, shares, "denominator") / of_q
        return possible[int((mean(at_q.square(), shares[1]) / 2 - mean(at_p, shares[0])).argmin())]


def _both(p: torch.Tensor, q: torch.Tensor, shares: Both) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Shares of both sets, equal ones where one of them has none; None where neither has some."""
    of_p, of_q = shares
    if of_p is None and of_q is None:
        return None
    equal_p, equal_q = (x.new_full((len(x),), 1 / len(x)) for x in (p, q))
    return equal_p if of_p is None else of_p, equal_q if of_q is None else of_q
