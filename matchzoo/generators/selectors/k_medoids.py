"""Samples that the others are near to."""

from collections.abc import Sequence

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors.selector import Selector, in_each_class

BLOCK = 32
"""Rows of distances that are looked at together, which a processor's cache should hold."""
HELD = 2**27
"""Distances up to which all of them are held (512 MiB in float32, 11 500 samples); rows are computed again above."""


class Distances:
    """Euclidean distances [n, n] of features [n, d] to one another, of which rows are taken: ``distances[rows]``."""

    def __init__(self, features: torch.Tensor) -> None:
        self.features = features
        self.all = self._to(features) if len(features) ** 2 <= HELD else None

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: torch.Tensor | slice) -> torch.Tensor:
        return self._to(self.features[rows]) if self.all is None else self.all[rows]

    def _to(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.cdist(rows, self.features, compute_mode="donot_use_mm_for_euclid_dist")


def spread_start(distances: torch.Tensor | Distances, count: int, rng: torch.Generator) -> torch.Tensor:
    """Positions [count] of different samples: the medoid, then each with probability ∝ squared distance to those
    before it (k-means++: Arthur and Vassilvitskii, 2007).

    Args:
        distances: [n, n] with n ≥ count.
        count: how many.
        rng: what chooses.

    Raises:
        MatchZooError: some distances are not finite.
    """
    sums = torch.cat([distances[rows].sum(1) for rows in _slices(len(distances))])
    if not bool(sums.isfinite().all()):
        raise MatchZooError("k-medoids: distances of features are too large to be numbers; scale the features")
    chosen = [int(sums.argmin())]
    while len(chosen) < count:
        shares = double(distances[torch.tensor(chosen)].min(0).values).cpu().square()
        if not shares.any():  # all others coincide with one that is chosen
            shares = torch.ones_like(shares)
        shares[chosen] = 0
        chosen.append(int(torch.multinomial(shares, 1, generator=rng)))
    return torch.tensor(chosen)


def _slices(count: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]


def medoid_cost(distances: torch.Tensor | Distances, chosen: torch.Tensor) -> float:
    """Sum over all samples of the distance to the nearest of the chosen ones; distances [n, n]."""
    return double(distances[chosen].min(0).values).sum().item()


def k_medoids(features: torch.Tensor, count: int, rng: torch.Generator) -> torch.Tensor:
    """Positions [min(count, n)] of samples of a small `medoid_cost` (L2): no exchange of one of them lowers it.

    From `spread_start`, the best exchange of a medoid for another sample is made until none is left that helps. Holds
    the distances [n, n] up to `HELD` of them: 144 MB for the 6000 images of a class in float32.

    Args:
        features: [n, d].
        count: how many.
        rng: what chooses the start.

    Raises:
        MatchZooError: distances are not finite.

    Source: Kaufman and Rousseeuw, Finding groups in data, 1990 (the swap phase of PAM), computed for all exchanges
    at once as by Schubert and Rousseeuw, 2021.
    """
    if count >= len(features):
        return torch.arange(len(features))
    distances = Distances(features)
    exchanges = _Exchanges(distances, spread_start(distances, count, rng))
    while True:
        gain, old, new = exchanges.best()
        if gain <= 1e-6 * exchanges.cost:  # rounding could go round in circles
            return exchanges.chosen.cpu()
        exchanges.make(old, new)


class _Exchanges:
    """What every exchange of a medoid for another sample would change, kept up to date as exchanges are made.

    A sample o at distance f from its own medoid and s from the second nearest changes the cost by min(d − f, 0) if
    candidate c at distance d = d(o, c) comes, and by clamp(d, f, s) − f in addition if its own medoid leaves. An
    exchange alters f, s or the medoid of few samples, and only their shares are computed again.
    """

    def __init__(self, distances: Distances, chosen: torch.Tensor) -> None:
        self.distances, self.chosen = distances, chosen
        self.nearest = self._nearest()
        self.changes = double(self.nearest[0].new_zeros(len(chosen), len(distances)))
        for rows in _slices(len(distances)):
            self.changes += self._shares(distances[rows], rows, *self.nearest)

    @property
    def cost(self) -> float:
        """The sum of distances to the nearest medoid."""
        return self.nearest[0].sum().item()

    def best(self) -> tuple[float, int, int]:
        """How much the best exchange lowers the cost, which of ``chosen`` leaves, and which sample comes."""
        old, new = divmod(int(self.changes.argmin()), len(self.distances))
        return -self.changes[old, new].item(), old, new

    def make(self, old: int, new: int) -> None:
        """Sample ``new`` takes the place of ``chosen[old]``."""
        before = self.nearest
        self.chosen[old] = new
        self.nearest = self._nearest()
        altered = torch.stack([a != b for a, b in zip(before, self.nearest, strict=True)]).any(0).nonzero().flatten()
        for rows in altered.split(BLOCK):
            to_candidates = self.distances[rows]
            self.changes += self._shares(to_candidates, rows, *self.nearest)
            self.changes -= self._shares(to_candidates, rows, *before)

    def _nearest(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Distances [n] of samples to their nearest and second nearest medoid, and the number of the nearest."""
        near, owner = self.distances[self.chosen].T.sort(1)
        second = near[:, 1] if len(self.chosen) > 1 else torch.full_like(near[:, 0], torch.inf)
        return near[:, 0].contiguous(), second.contiguous(), owner[:, 0]

    def _shares(
        self,
        to_candidates: torch.Tensor,
        rows: torch.Tensor | slice,
        first: torch.Tensor,
        second: torch.Tensor,
        owner: torch.Tensor,
    ) -> torch.Tensor:
        """What some samples contribute to the changes [medoids, candidates], by their distances [s, n]."""
        owned = torch.nn.functional.one_hot(owner[rows], len(self.chosen)).to(first)
        least, next_least = first[rows, None], second[rows, None]
        between = torch.maximum(to_candidates, least)
        torch.minimum(between, next_least, out=between)
        stays = to_candidates.sub(least).clamp_max_(0).sum(0)
        return stays + owned.T @ between.sub_(least)


def k_medoids_rows(features: Samples, per_class: int | Sequence[int], rng: torch.Generator) -> torch.Tensor:
    """Rows [classes · per_class] of the `k_medoids` of every class (a sequence: how many of each), classes in order."""
    return in_each_class(features, per_class, lambda own, count: k_medoids(own, count, rng))


@declare("k-medoids")
class KMedoids(Selector):
    """`k_medoids` in every class, its start by the seed of the run."""

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [classes · per_class]."""
        return k_medoids_rows(pool.features, per_class or 1, pool.step.rng("k-medoids"))
