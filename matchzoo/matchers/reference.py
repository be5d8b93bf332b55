"""Where the real side of a term comes from."""

from abc import ABC, abstractmethod

import attrs

from matchzoo.declare import at_least, declare, family


@family("reference")
class Reference(ABC):
    """Where the real side of a term comes from."""

    @property
    @abstractmethod
    def views(self) -> int | None:
        """Views of every training sample to store (0: one, not augmented); None to draw a new batch each step."""


@declare("online")
class Online(Reference):
    """A new batch of real samples each step, one view of each."""

    @property
    def views(self) -> int | None:
        """Nothing is stored."""
        return None


@declare("cache")
class Cache(Reference):
    """The features of all training samples, computed once: the exact full-data statistic in every step.

    Classes weigh as ``data.sampling`` says: as many samples as they have, or all the same. Only for a projector that
    nobody moves.
    """

    copies: int = attrs.field(default=0, validator=at_least(0))
    """Views of every training sample; 0 for a single one without augmentation."""

    @property
    def views(self) -> int | None:
        """The copies."""
        return self.copies
