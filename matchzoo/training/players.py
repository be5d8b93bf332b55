"""Players: who moves, which terms they minimize or maximize, and with which optimizer."""

import functools
from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.schedule import Schedule, scheduled, value_at
from matchzoo.matchers import Matcher
from matchzoo.training.optimizers import Adam, Optimizer
from matchzoo.training.updates.pareto import MOST


@declare
class Player:
    """Moves the parameters of some parts along the gradient of its own objective, and of nothing else.

    The objective is Σ weight · term over ``minimize`` minus Σ weight · term over ``maximize``; the player descends it.
    """

    moves: tuple[str, ...] = attrs.field(validator=not_empty())
    """Names of the parts whose parameters are this player's: generator, projector (or its name, of several)."""
    optimizer: Optimizer = attrs.Factory(Adam)
    """How it steps."""
    minimize: tuple[Matcher, ...] = ()
    """Terms that it makes small."""
    maximize: tuple[Matcher, ...] = ()
    """Terms that it makes large."""
    combine: Literal["sum", "min-norm", "pcgrad", "pareto", "pareto-balance"] = "sum"
    """How the gradients of its terms become one: their sum; the shortest vector of their convex hull, along which none
    of them rises; their sum after each has lost what conflicts with the others; or as many times the weighted mean that
    a linear program finds for the good of ``surrogate``, where all together fall the most and the surrogate does not
    rise (``pareto``), or where the surrogate falls the most (``pareto-balance``)."""
    surrogate: int | None = None
    """Position in ``minimize`` of the term that judges the others under ``pareto`` and is not descended itself, such as
    one of held-out samples."""
    sharpness: float | Schedule = attrs.field(default=0.0, validator=scheduled(at_least(0)))
    """Radius ρ of sharpness-aware minimization: the gradient is taken at θ + ρ g/‖g‖, of the same samples, and applied
    at θ; two evaluations an update. None at 0."""

    def __attrs_post_init__(self) -> None:
        if not self.terms:
            raise DeclarationError([("minimize", "missing: a player needs a term to minimize or maximize")])
        if len(set(self.moves)) < len(self.moves):
            raise DeclarationError([("moves", f"names a part twice: {', '.join(self.moves)}")])
        self._check_surrogate()

    def _check_surrogate(self) -> None:
        last = len(self.minimize) - 1
        if not self.combine.startswith("pareto"):
            if self.surrogate is not None:
                message = f"judges the terms of combine = \"pareto\", and this is '{self.combine}'; leave it out"
                raise DeclarationError([("surrogate", message)])
        elif self.surrogate is None:
            message = f"missing: '{self.combine}' needs the position of a term in minimize, which judges the others"
            raise DeclarationError([("surrogate", message)])
        elif not 0 <= self.surrogate <= last:
            message = f"expected a position in minimize, from 0 to {last}, got {self.surrogate}"
            raise DeclarationError([("surrogate", message)])
        elif not 2 <= len(self.terms) - 1 <= MOST:
            message = f"'{self.combine}' takes 2 to {MOST} terms beside the surrogate, got {len(self.terms) - 1}"
            raise DeclarationError([("combine", message)])

    @property
    def terms(self) -> tuple[Matcher, ...]:
        """All terms, those to minimize first."""
        return (*self.minimize, *self.maximize)

    @property
    def labels(self) -> list[str]:
        """A label for each of the `terms`: ``minimize[0]``, ``maximize[1]``."""
        sides = (("minimize", self.minimize), ("maximize", self.maximize))
        return [f"{side}[{i}]" for side, terms in sides for i in range(len(terms))]

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The schedules of its weights, of its sharpness and of its optimizer."""
        numbers = (*(term.weight for term in self.terms), self.sharpness)
        return (*(own for own in numbers if isinstance(own, Schedule)), *self.optimizer.schedules.values())

    @property
    def evaluations(self) -> int:
        """How often an update evaluates its terms: twice with sharpness."""
        return 2 if isinstance(self.sharpness, Schedule) or self.sharpness else 1

    def resting(self, number: int) -> set[int]:
        """Positions of the `terms` that are not evaluated in a step: their weight is 0 in it, they keep no state, and
        there are others in the sum whose weight is not."""
        idle = {place for place, term in enumerate(self.terms) if not value_at(term.weight, number)}
        if len(idle) == len(self.terms) or self.combine != "sum":
            return set()
        return {place for place in idle if next(self.terms[place].buffers(), None) is None}

    def weighted(self, values: Sequence[torch.Tensor], number: int) -> list[torch.Tensor]:
        """What it descends of each of its `terms`: their values [] times their weights in a step, negative where the
        term is maximized."""
        weights = [value_at(term.weight, number) for term in self.terms]
        scaled = [value if weight == 1 else weight * value for weight, value in zip(weights, values, strict=True)]
        return [*scaled[: len(self.minimize)], *(-value for value in scaled[len(self.minimize) :])]

    def objective(self, values: Sequence[torch.Tensor], number: int = 1) -> torch.Tensor:
        """The scalar that this player descends in a step, from the values of its `terms` in order."""
        return functools.reduce(torch.add, self.weighted(values, number))
