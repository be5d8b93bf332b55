"""Players: who moves, which terms they minimise or maximise, and with which optimizer."""

import functools

import attrs
import torch

from matchzoo.core.declare import declare
from matchzoo.core.errors import DeclarationError
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

    def __attrs_post_init__(self) -> None:
        if not self.terms:
            raise DeclarationError([("minimize", "missing: a player needs a term to minimize or maximize")])
        if len(set(self.moves)) < len(self.moves):
            raise DeclarationError([("moves", f"names a part twice: {', '.join(self.moves)}")])

    @property
    def terms(self) -> tuple[Matcher, ...]:
        """All terms, those to minimise first."""
        return (*self.minimize, *self.maximize)

    @property
    def labels(self) -> list[str]:
        """A label for each of the `terms`: ``minimize[0]``, ``maximize[1]``."""
        sides = (("minimize", self.minimize), ("maximize", self.maximize))
        return [f"{side}[{i}]" for side, terms in sides for i in range(len(terms))]

    def objective(self, values: list[torch.Tensor]) -> torch.Tensor:
        """The scalar that this player descends, from the values of its `terms` in order."""
        weighted = [v if term.weight == 1 else term.weight * v for term, v in zip(self.terms, values, strict=True)]
        signed = [*weighted[: len(self.minimize)], *(-v for v in weighted[len(self.minimize) :])]
        return functools.reduce(torch.add, signed)
