"""The question of a matcher: how far are these sets from matching?"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import attrs
import torch
from torch import nn

from matchzoo.core.declare import family
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step
from matchzoo.core.validators import positive
from matchzoo.matchers.reference import Online, Reference
from matchzoo.projectors.projector import Projector


@family("matcher")
class Matcher(nn.Module, ABC):
    """A discrepancy between sets of samples: a term of a player's objective."""

    weighs: ClassVar[bool] = False
    """Whether the weights of samples count; the trainer refuses a weighted real side where they do not."""
    beyond_features: ClassVar[bool] = False
    """Whether it looks at more than values, labels, weights, index and group of the samples, such as what they are the
    features of; the trainer refuses chunks and several processes then."""
    weight: float = attrs.field(default=1.0, validator=positive())
    """Factor of the term in the player's objective."""
    reference: Reference = attrs.Factory(Online)
    """The real side: drawn anew each step, or computed once."""
    space: str | None = None
    """Name of the projector in whose space sets are compared, where a recipe has several."""

    @property
    def online(self) -> bool:
        """Whether real samples are drawn anew for it. Where they are not, and none are stored, ``sets[0]`` is no real
        side but the synthetic one again, which such a term does not look at."""
        return self.reference.views is None

    @property
    def takes_half(self) -> bool:
        """Whether it takes stored features in float16 and widens only what it computes with; others get all of them
        widened, anew each turn."""
        return False

    def build(self, facts: Facts) -> None:
        """Take from the facts what is needed; raises where it is missing."""
        return

    def connect(self, projectors: Mapping[str, Projector]) -> None:
        """Take other built projectors that it names, after `build`; raises where there is none of that name."""
        return

    @abstractmethod
    def discrepancy(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """A scalar; ``sets[0]`` is the reference (real), values are features [n, d]."""

    def diagnostics(self, thorough: bool = False) -> dict[str, float]:
        """Finite numbers, by name, that tell whether to trust the last `discrepancy`; none if not overridden.

        The loop asks only for what it records, so that other steps cost nothing; ``thorough`` asks, at a few of the
        records, for what is too dear for all of them.
        """
        return {}
