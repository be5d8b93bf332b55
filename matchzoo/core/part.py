"""What a player can move, or what looks at data: one life for all of it."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from torch import nn

from matchzoo.core.step import Step


@runtime_checkable
class Constrained(Protocol):
    """A module whose parameters stay in a set, such as weights that are not negative."""

    def constrain(self) -> None:
        """Put the parameters back into their set."""
        ...


class Part(nn.Module):
    """A generator, a projector or a term: a module that lives through a run.

    Its life, in order: `build` (each family says of what), `bind`, `prepare`; then in every step `before_step`, the
    update, and `after_step`; at the end `finish`. What is not overridden does nothing. Buffers and parameters of a part
    are its state: checkpoints hold it where the part can move, and resume it bit for bit.
    """

    def bind(self, parts: Mapping[str, "Part"]) -> None:
        """Take other parts that this one names, by their names in the recipe, once they are built; raises a
        `DeclarationError` where there is none of that name."""
        return

    def prepare(self, pool: Any) -> None:
        """Look at the real samples (`matchzoo.data.pool.Pool`) once, before the first step: closed-form fits belong
        here. Values change in place, without a gradient."""
        return

    def before_step(self, step: Step) -> bool:
        """Do what is due before a step, a function of its number alone; True asks for a fresh optimizer."""
        return False

    def after_step(self) -> None:
        """Put the parameters back into the set that they belong to; called after each update of a player. What is not
        overridden constrains the part's networks."""
        for module in self.children():
            if isinstance(module, Constrained):
                module.constrain()

    def follow(self) -> None:
        """Move toward another part (an average of it); called once a step, after all of its updates."""
        return

    def finish(self, pool: Any) -> None:
        """Look at the real samples once, after the last step; values change in place, without a gradient."""
        return
