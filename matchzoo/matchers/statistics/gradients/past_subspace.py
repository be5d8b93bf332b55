"""Another statistic, within the subspace that its own past spans."""

import math
from collections.abc import Sequence

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.around_statistic import AroundStatistic
from matchzoo.matchers.statistics.statistic import Statistic


def principal_directions(bank: torch.Tensor, share: float = 0.98) -> torch.Tensor:
    """The left singular vectors U of a matrix, as few as hold a share of its squared singular values; UUᵀ projects on
    their span.

    Args:
        bank: [k, m], a vector in each column, not centered.
        share: of Σ σ², from 0 to 1.

    Returns:
        [k, r] with orthonormal columns, 1 ≤ r ≤ min(k, m); r = 0 for a matrix of zeros.
    """
    directions, singular, _ = torch.linalg.svd(bank, full_matrices=False)
    energy = singular.square().cumsum(0)
    rank = int((energy < share * energy[-1]).sum()) + 1 if bool(energy[-1] > 0) else 0
    return directions[:, :rank]


@declare("past-subspace")
class PastSubspace(AroundStatistic, Statistic):
    """Another statistic s of each set, projected as UUᵀ s on the `principal_directions` U of those of the first set in
    the past.

    Of a ``linear-head``'s ``gradient`` and of its ``gradient-variance``, under ``squared`` and ``to-reference``, it is
    what optimization-trajectory distillation compares: the first set is the source, and how that is learned is the
    reference.

    The last ``rows`` statistics of the first set are kept without a graph. Until there are as many, U and so the
    projection are zero; then U is computed, and again every ``every`` updates. Both are state, kept in checkpoints and
    written once an update has succeeded.

    Source: Fan et al., Taxonomy adaptive cross-domain adaptation in medical imaging via optimization trajectory
    distillation, ICCV 2023, whose running means shrink gradients by 1 − β, where those of ``linear-head`` keep their
    size, and whose bank has 0.8 times as many rows as the statistic has entries.
    """

    statistic: Statistic
    """What is projected: one whose size follows from classes and features, as that of ``linear-head`` does."""
    rows: int = attrs.field(default=100, validator=at_least(1))
    """Past statistics that are kept."""
    every: int = attrs.field(default=1000, validator=at_least(1))
    """Updates after which the subspace is computed again."""
    share: float = attrs.field(default=0.98, validator=between(0, 1))
    """Of the squared singular values, what the subspace holds."""

    def build(self, spec: Spec) -> None:
        """Build the statistic, and room for its past; raises where its size is not known."""
        self.statistic.build(spec)
        shape = self.statistic.known_shape
        if shape is None:
            message = 'a past is kept of statistics whose size is known beforehand; use kind = "linear-head"'
            raise DeclarationError([("statistic.statistic", message)])
        entries = math.prod(shape)
        self.register_buffer("bank", torch.zeros(self.rows, entries))
        self.register_buffer("directions", torch.zeros(entries, min(self.rows, entries)))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.pending: torch.Tensor | None = None

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The projected statistic [k, …] of one set."""
        return self.project(self.statistic.measure(samples, step))

    def measure_all(self, sets: Sequence[Samples], step: Step) -> list[torch.Tensor]:
        """The projected statistics [k, …] of some sets; that of the first is kept aside for the past."""
        statistics = self.statistic.measure_all(sets, step)
        self.pending = statistics[0].detach().flatten()
        return [self.project(statistic) for statistic in statistics]

    def center(self, sets: Sequence[Samples]) -> torch.Tensor | None:
        """The statistic's, projected, [k, …]; None for the mean."""
        center = self.statistic.center(sets)
        return None if center is None else self.project(center)

    def project(self, statistic: torch.Tensor) -> torch.Tensor:
        """UUᵀ s, [k, …]."""
        directions = self.get_buffer("directions").to(statistic)
        return (directions @ (directions.T @ statistic.flatten())).view_as(statistic)

    def after_step(self) -> None:
        """Write the statistic of the first set of the update that has succeeded, and the subspace where it is due."""
        self.statistic.after_step()
        if self.pending is None:
            return
        bank, directions, count = (self.get_buffer(name) for name in ("bank", "directions", "count"))
        bank[int(count) % self.rows] = self.pending
        self.pending = None
        count += 1
        beyond = int(count) - self.rows
        if beyond >= 0 and beyond % self.every == 0:
            found = principal_directions(bank.T, self.share)
            directions.zero_()
            directions[:, : found.shape[1]] = found
