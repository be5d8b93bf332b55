"""Players: who moves, which terms they minimize or maximize, and with which optimizer."""

import functools
from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.core.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.schedule import Schedule, value_at
from matchzoo.core.validators import not_empty
from matchzoo.matchers import Matcher
from matchzoo.training.optimizers import Adam, Optimizer


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
    combine: Literal["sum", "min-norm", "pcgrad"] = "sum"
    """How the gradients of its terms become one: their sum; the shortest vector of their convex hull, along which none
    of them rises; or their sum after each has lost what conflicts with the others."""

    def __attrs_post_init__(self) -> None:
        if not self.terms:
            raise DeclarationError([("minimize", "missing: a player needs a term to minimize or maximize")])
        if len(set(self.moves)) < len(self.moves):
            raise DeclarationError([("moves", f"names a part twice: {', '.join(self.moves)}")])

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
        """The schedules of its weights and of its optimizer."""
        weights = tuple(term.weight for term in self.terms if isinstance(term.weight, Schedule))
        return (*weights, *self.optimizer.schedules.values())

    def weighted(self, values: Sequence[torch.Tensor], number: int) -> list[torch.Tensor]:
        """What it descends of each of its `terms`: their values [] times their weights in a step, negative where the
        term is maximized."""
        weights = [value_at(term.weight, number) for term in self.terms]
        scaled = [value if weight == 1 else weight * value for weight, value in zip(weights, values, strict=True)]
        return [*scaled[: len(self.minimize)], *(-value for value in scaled[len(self.minimize) :])]

    def objective(self, values: Sequence[torch.Tensor], number: int = 1) -> torch.Tensor:
        """The scalar that this player descends in a step, from the values of its `terms` in order."""
        return functools.reduce(torch.add, self.weighted(values, number))
