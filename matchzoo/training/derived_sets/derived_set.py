"""Sets of samples that a recipe makes of others in every update."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import family
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher

Embed = Callable[[Samples, str | None], Samples]
"""The features of samples in a space."""


@family("set")
class DerivedSet(nn.Module, ABC):
    """A set that is made of another one, row by row, as the parts are at the beginning of an update; terms name it as
    they do splits of the data. No gradient passes through how it was made."""

    takes_synthetic: ClassVar[bool] = False
    """Whether it can be made of what the generator makes."""
    of: str = attrs.field(default="real", validator=not_empty())
    """Name of the set that it is made of: a split of the data, or ``environment``."""

    @property
    def terms(self) -> tuple[Matcher, ...]:
        """Terms that it evaluates, which are built with those of the players."""
        return ()

    @property
    @abstractmethod
    def spaces(self) -> dict[str, str | None]:
        """The space of each of its fields that looks at features, by the field's name; None for the only one."""

    @property
    def made_of(self) -> tuple[str, ...]:
        """Names of the sets that it is made of, row by row."""
        return (self.of,)

    @abstractmethod
    def derive(
        self,
        sets: Sequence[Samples],
        embed: Embed,
        parameters: Sequence[nn.Parameter],
        step: Step,
        rng: torch.Generator,
    ) -> Samples:
        """The samples of the set, without a graph.

        Args:
            sets: that it is made of, with their views, in the order of `made_of`.
            embed: their features in a space.
            parameters: that the update moves.
            step: of the terms.
            rng: of what the set itself draws, another for every set.
        """
