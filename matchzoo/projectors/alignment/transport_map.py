"""The map of an optimal transport plan: every sample goes to the mean of where its mass goes."""

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.spec import Spec
from matchzoo.models.transport import PlanSolver, Sinkhorn, cost_matrix
from matchzoo.projectors.alignment.alignment import Alignment, DisplacementMap, check_sets, spread_rows


def transport_map(source: torch.Tensor, target: torch.Tensor, solver: PlanSolver | None = None) -> torch.Tensor:
    """The barycentric map x_i ↦ Σ_j π_ij y_j / Σ_j π_ij of a plan for squared distances: images [n, d] of the source.

    Examples:
        >>> mapped = transport_map(source, target, Exact())

    Args:
        source: [n, d], n at least 2.
        target: [m, d], m at least 2.
        solver: of the plan; entropic with ε = 0.05 of the largest cost if not given.

    Raises:
        MatchZooError: sets of other shapes, or what the solver refuses.

    Source: Courty, Flamary, Tuia and Rakotomamonjy, Optimal transport for domain adaptation, PAMI 2017, equation 13.
    """
    check_sets(source, target)
    plan = (solver or Sinkhorn(epsilon="0.05*max")).solve(cost_matrix(source, target))
    return plan.barycentric(target)


@declare("transport")
class TransportMap(Alignment):
    """`transport_map`, fitted once to two sets. Other samples move as the nearest one of the source does.

    With an entropic plan images are averages of many target samples, so their spread is smaller than the target's; with
    an exact one (``solver = "exact"``) they are target samples or averages of few.

    Source: Courty, Flamary, Tuia and Rakotomamonjy, Optimal transport for domain adaptation, PAMI 2017; Ferradans et
        al., Regularized discrete optimal transport, SIAM Journal on Imaging Sciences 2014 (other samples).
    """

    solver: PlanSolver = attrs.Factory(lambda: Sinkhorn(epsilon="0.05*max"))
    """Of the plan, for squared distances."""
    rows: int = attrs.field(default=2000, validator=at_least(2))
    """Samples of each set that the plan is of, at most, spread evenly over it. The source's are part of the map."""

    def build(self, spec: Spec) -> int:
        """Room for the samples of the source and how they move; nothing does until it is fitted."""
        inputs = int(torch.Size(spec.shape).numel())
        self.path = spec.space
        self.points, self.shifts = nn.Buffer(torch.zeros(self.rows, inputs)), nn.Buffer(torch.zeros(self.rows, inputs))
        return inputs

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[DisplacementMap, None]:
        """The map of the source [n, d]; the target [m, d] stays as it is."""
        check_sets(source, target)
        points, others = (spread_rows(values, self.rows) for values in (source, target))
        return DisplacementMap(points, transport_map(points, others, self.solver) - points), None

    def keep(self, name: str, value: torch.Tensor) -> None:
        """Points and shifts [n, d] have a row of every sample; what is left of the room repeats the last one."""
        room = getattr(self, name)
        room[: len(value)].copy_(value)
        room[len(value) :] = value[-1].to(room)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] (flattened) → [n, d]."""
        return DisplacementMap(self.points, self.shifts)(x.flatten(1))
