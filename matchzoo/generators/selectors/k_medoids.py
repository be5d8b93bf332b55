"""Samples that the others are near to."""

from collections.abc import Sequence

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, in_each_class

BLOCK = 256
"""Candidates that are tried at once."""


def spread_start(distances: torch.Tensor, count: int, rng: torch.Generator) -> torch.Tensor:
    """Positions [count] of different samples: the medoid, then each with probability ∝ squared distance to those
    before it (k-means++: Arthur and Vassilvitskii, 2007).

    Args:
        distances: [n, n] with n ≥ count.
        count: how many.
        rng: what chooses.
    """
    chosen = [int(distances.sum(1).argmin())]
    while len(chosen) < count:
        shares = double(distances[:, chosen].min(1).values).cpu().square()
        if not shares.any():  # all others coincide with one that is chosen
            shares = torch.ones_like(shares)
        shares[chosen] = 0
        chosen.append(int(torch.multinomial(shares, 1, generator=rng)))
    return torch.tensor(chosen)


def medoid_cost(distances: torch.Tensor, chosen: torch.Tensor) -> float:
    """Sum over all samples of the distance to the nearest of the chosen ones; distances [n, n]."""
    return double(distances[:, chosen.to(distances.device)].min(1).values).sum().item()


def k_medoids(features: torch.Tensor, count: int, rng: torch.Generator) -> torch.Tensor:
    """Positions [min(count, n)] of samples of a small `medoid_cost` (L2): no exchange of one of them lowers it.

    From `spread_start`, the best exchange of a medoid for another sample is made until none is left that helps. Holds
    the distances [n, n]: 144 MB for the 6000 images of a class in float32.

    Args:
        features: [n, d].
        count: how many.
        rng: what chooses the start.

    Source: Kaufman and Rousseeuw, Finding groups in data, 1990 (the swap phase of PAM), computed for all exchanges
    at once as by Schubert and Rousseeuw, 2021.
    """
    if count >= len(features):
        return torch.arange(len(features))
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    if not bool(distances.isfinite().all()):
        raise MatchZooError("k-medoids: distances of features are too large to be numbers; scale the features")
    chosen = spread_start(distances, count, rng).to(features.device)
    while True:
        gain, old, new = _best_exchange(distances, chosen)
        cost = distances[:, chosen].min(1).values.sum().item()
        if gain <= 1e-6 * cost:  # rounding could go round in circles
            return chosen.cpu()
        chosen[old] = new


def _best_exchange(distances: torch.Tensor, chosen: torch.Tensor) -> tuple[float, int, int]:
    """How much the best exchange lowers the cost, which of ``chosen`` leaves, and which sample comes."""
    near, owner = distances[:, chosen].sort(1)
    first, owner = near[:, 0], owner[:, 0]
    second = near[:, 1] if len(chosen) > 1 else torch.full_like(first, torch.inf)
    owned = torch.nn.functional.one_hot(owner, len(chosen)).to(distances)
    best = (0.0, 0, 0)
    for start in range(0, len(distances), BLOCK):
        candidates = distances[start : start + BLOCK]  # to all samples
        kept = (candidates - first).clamp_max(0)  # change of every sample's share if its own medoid stays
        left = candidates.minimum(second) - first  # and if it is its own that leaves
        change = kept.sum(1, keepdim=True) + (left - kept) @ owned
        lowest = int(change.argmin())
        row, old = divmod(lowest, len(chosen))
        if -change[row, old].item() > best[0]:
            best = (-change[row, old].item(), old, start + row)
    return best


def k_medoids_rows(features: Samples, per_class: int | Sequence[int], rng: torch.Generator) -> torch.Tensor:
    """Rows [classes · per_class] of the `k_medoids` of every class (a sequence: how many of each), classes in order."""
    return in_each_class(features, per_class, lambda own, count: k_medoids(own, count, rng))


@declare("k-medoids")
class KMedoids(Selector):
    """`k_medoids` in every class, its start by the seed of the run."""

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [classes · per_class]."""
        return k_medoids_rows(pool.features, per_class or 1, pool.step.rng("k-medoids"))
