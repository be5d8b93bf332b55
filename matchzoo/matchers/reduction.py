"""Reductions: which statistics are compared with which."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.errors import MatchZooError
from matchzoo.matchers.distance import Distance, Squared


@family("reduction")
class Reduction(ABC):
    """From the statistics of k sets to one scalar.

    Examples:
        >>> risks = [torch.rand(1) for _ in range(3)]
        >>> ToMean()(risks)  # their variance, the penalty of V-REx
    """

    least: ClassVar[int] = 2
    """Sets that there must be."""

    def __call__(
        self,
        statistics: Sequence[torch.Tensor],
        distance: Distance | None = None,
        center: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """`reduce`, a scalar.

        Args:
            statistics: of one shape, one of each set; the first is the reference's.
            distance: `Squared` if not given.
            center: what ``to-mean`` compares with, where that is not the mean of the statistics.

        Raises:
            MatchZooError: there are too few of them.
        """
        if len(statistics) < self.least:
            raise MatchZooError(
                f"{type(self).__name__}: expected at least {self.least} statistics, got {len(statistics)}"
            )
        return self.reduce(statistics, distance or Squared(), center)

    @abstractmethod
    def reduce(
        self, statistics: Sequence[torch.Tensor], distance: Distance, center: torch.Tensor | None = None
    ) -> torch.Tensor:
        """A scalar from statistics of one shape; the first is the reference's."""


@declare("to-reference")
class ToReference(Reduction):
    """Mean distance of every other set to the reference: 1/(k − 1) Σ_{i ≥ 1} D(s_i, s_0)."""

    def reduce(
        self, statistics: Sequence[torch.Tensor], distance: Distance, center: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Mean over i ≥ 1 of distance(s_i, s_0)."""
        reference, *others = statistics
        return torch.stack([distance.between(other, reference) for other in others]).mean()


@declare("to-mean")
class ToMean(Reduction):
    """Mean distance of every set to the mean of their statistics: 1/k Σ_i D(s_i, s̄), s̄ = 1/k Σ_j s_j.

    Under ``squared`` it is the variance over the sets (with 1/k): of risks, V-REx; of gradients, IGA and Fishr.
    """

    def reduce(
        self, statistics: Sequence[torch.Tensor], distance: Distance, center: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Mean over i of distance(s_i, center); the mean of all if no center is given."""
        center = torch.stack(list(statistics)).mean(0) if center is None else center
        return torch.stack([distance.between(own, center) for own in statistics]).mean()


@declare("pairwise")
class Pairwise(Reduction):
    """Mean distance over all pairs of sets: 2/(k (k − 1)) Σ_{i < j} D(s_i, s_j)."""

    def reduce(
        self, statistics: Sequence[torch.Tensor], distance: Distance, center: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Mean over i < j of distance(s_i, s_j)."""
        pairs = itertools.combinations(statistics, 2)
        return torch.stack([distance.between(one, other) for one, other in pairs]).mean()


@declare("to-constant")
class ToConstant(Reduction):
    """Mean distance of every set to a constant: 1/k Σ_i D(s_i, c)."""

    least: ClassVar[int] = 1
    constant: Literal["zero", "one", "identity"] | tuple[float, ...] = "zero"
    """All zeros, all ones, or the identity matrix, of the shape of the statistic; or the numbers of a statistic that is
    a vector, such as shares of classes."""

    def reduce(
        self, statistics: Sequence[torch.Tensor], distance: Distance, center: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Mean over i of distance(s_i, c); raises for the identity where a statistic is no square matrix, and for
        numbers where it is no vector of as many."""
        first = statistics[0]
        if isinstance(self.constant, tuple):
            if tuple(first.shape) != (len(self.constant),):
                shape = tuple(first.shape)
                raise MatchZooError(f"to-constant: {len(self.constant)} numbers, but the statistic has shape {shape}")
            constant = first.new_tensor(self.constant)
        elif self.constant != "identity":
            constant = torch.full_like(first, 1.0 if self.constant == "one" else 0.0)
        elif first.ndim == 2 and first.shape[0] == first.shape[1]:
            constant = torch.eye(len(first), dtype=first.dtype, device=first.device)
        else:
            shape = tuple(first.shape)
            raise MatchZooError(f"to-constant: an identity needs square matrices, got a statistic of {shape}")
        return torch.stack([distance.between(own, constant) for own in statistics]).mean()
