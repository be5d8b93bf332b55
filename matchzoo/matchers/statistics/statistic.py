"""The question of a statistic: what of a set of samples is compared?"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import nn

from matchzoo.core.declare import family
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Facts
from matchzoo.core.step import Step
from matchzoo.projectors.projector import Projector


@family("statistic")
class Statistic(nn.Module, ABC):
    """A differentiable summary of a set of samples, the same draw for every set of a step."""

    vectorizes: ClassVar[bool] = False
    """Whether `measure` can be run on several sets at once by `torch.vmap`."""

    @property
    def takes_half(self) -> bool:
        """Whether it takes features in float16 and widens them a block at a time."""
        return False

    def build(self, facts: Facts) -> None:
        """Take from the facts what is needed, such as the number of classes; raises where it is missing."""
        return

    def connect(self, projectors: Mapping[str, Projector]) -> None:
        """Take other built projectors that it names, after `build`; raises where there is none of that name."""
        return

    @abstractmethod
    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The statistic [k, …] of a set, differentiable in its values."""
