"""What generators without an end share."""

from abc import ABC

from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec, Units
from matchzoo.generators.generator import Generator


class EndlessGenerator(Generator, ABC):
    """A generator that never runs out of samples, such as noise, a map or a flow: how many are drawn must be said."""

    built_for: Spec
    """What `build` was given."""

    @property
    def units(self) -> Units | None:
        """Of the data that it was built for."""
        return self.built_for.units

    @property
    def count(self) -> None:
        """Endless."""
        return


def require_count(n: int | None, what: str) -> int:
    """How many samples to draw; a `DeclarationError` where that was not said.

    Args:
        n: how many, None if not said.
        what: is without an end, for the error, such as ``a flow has no end``.
    """
    if n is None:
        raise DeclarationError([("trainer.batch", f"missing: {what}; say how many samples")])
    return n
