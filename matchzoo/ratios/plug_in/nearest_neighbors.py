"""The ratio of counts of nearest neighbors."""

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.ratio_estimator import Ratio, RatioEstimator

ROWS = 512
"""Points whose distances to all samples are held together."""


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


@declare("nearest-neighbor")
class NearestNeighborRatio(RatioEstimator):
    """r(x) = (m/n) · c(x) / k, with c(x) of the n samples of p as near to x as the k-th nearest of the m samples of q.

    The number of neighbors is that of least squared error ½ mean_q r² − mean_p r, each sample left out of the count at
    itself. A ratio is a multiple of m / (n k), at most m / k, and constant between the distances at which counts
    change: its gradient is 0.

    Source: Kremer et al., Nearest neighbor density ratio estimation for large-scale applications in astronomy,
    Astronomy and Computing 2015; Lima et al., Monthly Notices of the Royal Astronomical Society 2008.
    """

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
        k = possible[0] if len(possible) == 1 else self._chosen(p, q, possible)

        def function(x: torch.Tensor) -> torch.Tensor:
            flat = x.flatten(1)
            counts = neighbor_counts(double(flat.detach()), p, q, [k])[:, 0]
            return (counts * (m / n / k)).to(flat) + 0 * flat[:, 0]

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
        at_p = neighbor_counts(p, p, q, possible, "numerator") * (m / (n - 1)) / k
        at_q = neighbor_counts(q, p, q, possible, "denominator") * ((m - 1) / n) / k
        return possible[int((at_q.square().mean(0) / 2 - at_p.mean(0)).argmin())]
