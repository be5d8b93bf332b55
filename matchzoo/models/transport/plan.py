"""A transport plan: how much of each source point goes to each target point."""

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Plan:
    """A coupling of n source points and m target points, with what its solver knows of it.

    Examples:
        >>> plan = Sinkhorn(epsilon="0.05*mean")(x, y)  # x [n, d], y [m, d]
        >>> plan
        <Plan 200 x 150: cost 1.043, value 1.21, marginal error 3.1e-07>
        >>> mapped = plan.barycentric(y)  # [n, d]

    Attributes:
        coupling: π [n, m] in float64, not negative, without a graph.
        cost: ⟨π, C⟩.
        value: what the solver minimized, a scalar; differentiable in costs (dV/dC = π) and, where there are potentials,
            in weights.
        weights: a [n] and b [m] that its rows and columns should sum to.
        potentials: f [n] and g [m] of the dual problem, where the solver has them.
        iterations: that were taken; 0 for solvers that have none.
        gap: primal less dual value, where both are known: near 0 at the optimum.
    """

    coupling: torch.Tensor
    cost: float
    value: torch.Tensor
    weights: tuple[torch.Tensor, torch.Tensor]
    potentials: tuple[torch.Tensor, torch.Tensor] | None = None
    iterations: int = 0
    gap: float | None = None

    @property
    def marginal_error(self) -> float:
        """Σ |π 1 − a| + Σ |πᵀ 1 − b|, from 0 to about 4. Of an unbalanced plan it says how much mass it gave up."""
        a, b = self.weights
        return ((self.coupling.sum(1) - a).abs().sum() + (self.coupling.sum(0) - b).abs().sum()).item()

    @property
    def nonzeros(self) -> torch.Tensor:
        """How many source points each target point takes from, [m]."""
        return (self.coupling > 0).sum(0)

    @property
    def partners(self) -> torch.Tensor:
        """The target point that takes most of each source point, [n]: of an assignment, the permutation."""
        return self.coupling.argmax(1)

    @property
    def partner_shares(self) -> torch.Tensor:
        """The share of each source point's mass that goes to its partner, [n]; NaN where it has none."""
        return self.coupling.amax(1) / self.coupling.sum(1)

    def rows(self, index: torch.Tensor) -> torch.Tensor:
        """Rows π [k, m] of some source points [k]."""
        return self.coupling[index]

    def barycentric(self, y: torch.Tensor) -> torch.Tensor:
        """The mean Σ_j π_ij y_j / Σ_j π_ij [n, …] of where each source point goes, in the precision of ``y`` [m, …];
        differentiable in ``y``. With equal weights and exact marginals this is n · π y.

        Raises:
            MatchZooError: a source point has no mass, so that it goes nowhere.
        """
        return self._averages(self.coupling, y, "source")

    def barycentric_back(self, x: torch.Tensor) -> torch.Tensor:
        """The mean Σ_i π_ij x_i / Σ_i π_ij [m, …] of where each target point comes from, as `barycentric`. Of one-hot
        labels, these are the class probabilities of label propagation."""
        return self._averages(self.coupling.T, x, "target")

    def _averages(self, coupling: torch.Tensor, values: torch.Tensor, side: str) -> torch.Tensor:
        mass = coupling.sum(1)
        if not bool((mass > 0).all()):
            row = int(mass.argmin())
            raise MatchZooError(f"plan: point {row} of the {side} has no mass in it, so it is mapped nowhere")
        if len(values) != coupling.shape[1]:
            raise MatchZooError(f"plan: expected {coupling.shape[1]} points, got {len(values)}")
        wide = double(values.flatten(1))
        return (coupling @ wide / mass[:, None]).reshape(len(mass), *values.shape[1:]).to(values)

    def sample(self, count: int, rng: torch.Generator | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Indices of source and target [count] of pairs that are drawn from it, with replacement.

        Args:
            count: at least 1.
            rng: on the CPU.
        """
        held = self.coupling.cpu()
        rows = torch.multinomial(held.sum(1), count, replacement=True, generator=rng)
        columns = torch.multinomial(held[rows], 1, generator=rng)[:, 0]
        return rows.to(self.coupling.device), columns.to(self.coupling.device)

    def detached(self) -> "Plan":
        """The same without the graph of its value."""
        return attrs.evolve(self, value=self.value.detach())

    def diagnostics(self) -> dict[str, float]:
        """What tells whether to trust it: ``cost``, ``value``, ``marginal_error`` (near 0), ``iterations``,
        ``nonzeros`` (the most that a target point has) and, where it is known, ``gap`` (near 0)."""
        measured = {
            "cost": self.cost,
            "value": self.value.item(),
            "marginal_error": self.marginal_error,
            "iterations": float(self.iterations),
            "nonzeros": float(self.nonzeros.max()),
        }
        return measured if self.gap is None else {**measured, "gap": self.gap}

    def __repr__(self) -> str:
        n, m = self.coupling.shape
        figures = f"cost {self.cost:.4g}, value {self.value.item():.4g}, marginal error {self.marginal_error:.2g}"
        return f"<Plan {n} x {m}: {figures}>"
