"""The question of a statistic: what of a set of samples is compared?"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, final

import torch

from matchzoo.core.declare import family
from matchzoo.core.errors import MatchZooError
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step


@family("statistic")
class Statistic(Part, ABC):
    """A differentiable summary of a set of samples, the same draw for every set of a step."""

    vectorizes: ClassVar[bool] = False
    """Whether `measure` can be run on several sets at once by `torch.vmap`."""
    is_joint: ClassVar[bool] = False
    """Whether it is one statistic of several sets together."""

    @property
    def supports_float16(self) -> bool:
        """Whether it takes features in float16 and widens them a block at a time."""
        return False

    def build(self, spec: Spec) -> None:
        """Take from the spec what is needed, such as the number of classes; raises where it is missing."""
        return

    @abstractmethod
    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The statistic [k, …] of a set, differentiable in its values."""

    def measure_all(self, sets: Sequence[Samples], step: Step) -> list[torch.Tensor]:
        """The statistics [k, …] of some sets, one of each."""
        return [self.measure(samples, step) for samples in sets]


class JointStatistic(Statistic, ABC):
    """One statistic of several sets, such as the correlation between two views of the same rows."""

    is_joint: ClassVar[bool] = True

    @abstractmethod
    def measure_jointly(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """The statistic [k, …] of the sets together, differentiable in their values."""

    @final
    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """Raises: it is of several sets."""
        raise MatchZooError(f"{type(self).__name__}: is a statistic of several sets together, got one")

    @final
    def measure_all(self, sets: Sequence[Samples], step: Step) -> list[torch.Tensor]:
        """The one statistic [k, …] of all of them."""
        return [self.measure_jointly(sets, step)]
