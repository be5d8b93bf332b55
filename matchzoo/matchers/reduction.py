"""Reductions: which statistics are compared with which."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch

from matchzoo.core.declare import declare, family
from matchzoo.matchers.distance import Distance


@family("reduction")
class Reduction(ABC):
    """From the statistics of k sets to one scalar."""

    @abstractmethod
    def reduce(self, statistics: Sequence[torch.Tensor], distance: Distance) -> torch.Tensor:
        """A scalar from at least two statistics of one shape; the first is the reference's."""


@declare("to-reference")
class ToReference(Reduction):
    """Mean distance of every other set to the reference."""

    def reduce(self, statistics: Sequence[torch.Tensor], distance: Distance) -> torch.Tensor:
        """Mean over i ≥ 1 of distance(s_i, s_0)."""
        reference, *others = statistics
        return torch.stack([distance.between(other, reference) for other in others]).mean()
