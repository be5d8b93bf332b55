"""The question of a solver: where does a field carry points?"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, final

import attrs
import torch

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import MatchZooError

Derivative = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""dx/dt [n, …] at points [n, …] and a time []."""


@family("ode solver")
class OdeSolver(ABC):
    """Solves dx/dt = v(x, t) from one time to another; differentiable in the points and in the field.

    Examples:
        >>> Midpoint(steps=10).solve(lambda x, t: -x, torch.ones(5, 2))  # [5, 2], near exp(−1)
    """

    @abstractmethod
    def solve(self, field: Derivative, x: torch.Tensor, start: float = 0.0, end: float = 1.0) -> torch.Tensor:
        """The points [n, …] at ``end`` that were at ``x`` [n, …] at ``start``; ``end`` may be before ``start``."""


@declare
class FixedSteps(OdeSolver):
    """Equal steps, with the same evaluations in each."""

    evaluations: ClassVar[int]
    """Of the field in a step."""
    steps: int = attrs.field(default=10, validator=at_least(1))
    """How many."""

    @abstractmethod
    def increment(self, field: Derivative, x: torch.Tensor, time: torch.Tensor, length: float) -> torch.Tensor:
        """By how much points [n, …] move in a step from a time [] on."""

    def solve(self, field: Derivative, x: torch.Tensor, start: float = 0.0, end: float = 1.0) -> torch.Tensor:
        """The points [n, …] at ``end``."""
        return self.trajectory(field, x, start, end)[-1]

    @final
    def trajectory(
        self, field: Derivative, x: torch.Tensor, start: float = 0.0, end: float = 1.0
    ) -> list[torch.Tensor]:
        """The points [n, …] at the start and after every step; the field is never asked for a time outside."""
        length = (end - start) / self.steps
        points = [x]
        for number in range(self.steps):
            time = x.new_tensor(start + number * length)
            points.append(points[-1] + self.increment(field, points[-1], time, length))
        return points


@declare("euler")
class Euler(FixedSteps):
    """One evaluation a step, error of order 1 in the length of a step."""

    evaluations: ClassVar[int] = 1

    def increment(self, field: Derivative, x: torch.Tensor, time: torch.Tensor, length: float) -> torch.Tensor:
        """h v(x, t)."""
        return length * field(x, time)


@declare("midpoint")
class Midpoint(FixedSteps):
    """Two evaluations a step, order 2."""

    evaluations: ClassVar[int] = 2

    def increment(self, field: Derivative, x: torch.Tensor, time: torch.Tensor, length: float) -> torch.Tensor:
        """h v(x + h/2 v(x, t), t + h/2)."""
        half = length / 2
        return length * field(x + half * field(x, time), time + half)


@declare("heun")
class Heun(FixedSteps):
    """Two evaluations a step, order 2: the mean of the field at both ends."""

    evaluations: ClassVar[int] = 2

    def increment(self, field: Derivative, x: torch.Tensor, time: torch.Tensor, length: float) -> torch.Tensor:
        """h/2 (v(x, t) + v(x + h v(x, t), t + h))."""
        first = field(x, time)
        return length / 2 * (first + field(x + length * first, time + length))


@declare("rk4")
class RungeKutta4(FixedSteps):
    """The classical method of Runge and Kutta: four evaluations a step, order 4."""

    evaluations: ClassVar[int] = 4

    def increment(self, field: Derivative, x: torch.Tensor, time: torch.Tensor, length: float) -> torch.Tensor:
        """h/6 (k₁ + 2 k₂ + 2 k₃ + k₄)."""
        half = length / 2
        first = field(x, time)
        second = field(x + half * first, time + half)
        third = field(x + half * second, time + half)
        fourth = field(x + length * third, time + length)
        return length / 6 * (first + 2 * second + 2 * third + fourth)


@declare("adaptive")
class Adaptive(OdeSolver):
    """Dormand and Prince's method of order 5 with steps as long as the tolerances allow, by torchdiffeq (``pip install
    "matchzoo-torch[ode]"``). All points take the same steps.

    The last step ends at the end of the interval. torchdiffeq by itself steps past it and interpolates, which asks the
    field for times that it was not trained on.
    """

    rtol: float = attrs.field(default=1e-5, validator=positive())
    """Error that is accepted, relative to the points."""
    atol: float = attrs.field(default=1e-5, validator=positive())
    """Error that is accepted beside it."""

    def solve(self, field: Derivative, x: torch.Tensor, start: float = 0.0, end: float = 1.0) -> torch.Tensor:
        """The points [n, …] at ``end``; a `MatchZooError` where torchdiffeq is missing."""
        try:
            from torchdiffeq import odeint
        except ImportError:
            message = 'needs torchdiffeq: pip install "matchzoo-torch[ode]"; or use kind = "midpoint"'
            raise MatchZooError(f"adaptive: {message}") from None
        times = x.new_tensor([start, end])
        options = {"step_t": times[1:]}
        points = odeint(lambda t, y: field(y, t), x, times, rtol=self.rtol, atol=self.atol, options=options)
        return points[-1]
