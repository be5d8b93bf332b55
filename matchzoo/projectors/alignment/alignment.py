"""The question of an alignment: after which maps are two sets alike?"""

from abc import ABC, abstractmethod
from typing import ClassVar, final

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.spec import Spec
from matchzoo.data.pool import Pool
from matchzoo.projectors.projector import Projector


@attrs.frozen(eq=False)
class LinearMap:
    """x ↦ x A + b.

    Attributes:
        matrix: A [d, k].
        shift: b [k].
    """

    matrix: torch.Tensor
    shift: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n, k]."""
        return x @ self.matrix + self.shift


@attrs.frozen(eq=False)
class KernelMap:
    """x ↦ k(x, X) V with a Gaussian kernel.

    Attributes:
        points: X [m, d].
        vectors: V [m, k].
        bandwidth: standard deviation of the kernel, a scalar.
    """

    points: torch.Tensor
    vectors: torch.Tensor
    bandwidth: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n, k]."""
        return gaussian(squared_distances(x, self.points), self.bandwidth) @ self.vectors


@attrs.frozen(eq=False)
class DisplacementMap:
    """x ↦ x + the shift of the point that is nearest to x.

    Attributes:
        points: X [m, d].
        shifts: [m, d].
    """

    points: torch.Tensor
    shifts: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n, d]."""
        return x + self.shifts[squared_distances(x, self.points).argmin(1)]


Map = LinearMap | KernelMap | DisplacementMap
"""Of samples [n, d] to features [n, k]."""


@declare
class Alignment(Projector, ABC):
    """Maps of two sets that are fitted once, in closed form, before the first step: a recipe of nothing else has no
    players and ``trainer.steps = 0``.

    On plain tensors call `maps`; `matchzoo.evaluation.adaptation.adapt` trains a classifier on what they give.
    """

    keeps_state: ClassVar[bool] = True
    source: str = attrs.field(default="real", validator=not_empty())
    """Name of the set that is mapped."""
    target: str = attrs.field(default="target", validator=not_empty())
    """Name of the set that it is made like."""

    @abstractmethod
    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[Map | None, Map | None]:
        """The maps of both sets, [n, d] and [m, d]; None for a set that stays as it is."""

    @property
    def takes_target(self) -> bool:
        """Whether samples of the target are what it projects, where either set has a map of its own."""
        return False

    def width(self, inputs: int) -> int:
        """The dimension of the features, for samples of ``inputs`` numbers."""
        return inputs

    def build(self, spec: Spec) -> int:
        """Room for the map, which is the identity until it is fitted."""
        inputs = int(torch.Size(spec.shape).numel())
        self.path, features = spec.space, self.width(inputs)
        if not 1 <= features <= inputs:
            raise DeclarationError([(f"{self.path}.features", f"expected at most {inputs}, as inputs have")])
        self.matrix, self.shift = nn.Buffer(torch.eye(inputs, features)), nn.Buffer(torch.zeros(features))
        return features

    @final
    def prepare(self, pool: Pool) -> None:
        """Fit the map; a `DeclarationError` if the data have no such set."""
        source = pool.features_of(self.source, self.on, f"{self.path}.source").values
        target = pool.features_of(self.target, self.on, f"{self.path}.target").values
        fitted = self.maps(source, target)[self.takes_target]
        for name, value in attrs.asdict(fitted, recurse=False).items() if fitted is not None else ():
            self.keep(name, value)

    def keep(self, name: str, value: torch.Tensor) -> None:
        """Write a part [...] of the fitted map into the buffer of its name."""
        getattr(self, name).copy_(value)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] (flattened) → [n, k]."""
        return LinearMap(self.matrix, self.shift)(x.flatten(1))


def check_sets(source: torch.Tensor, target: torch.Tensor) -> None:
    """Raise unless two sets are rows [n, d] and [m, d] of the same d, at least 2 of each."""
    fit = source.ndim == target.ndim == 2 and source.shape[1] == target.shape[1]
    if not fit or min(len(source), len(target)) < 2:
        shapes = f"{list(source.shape)} and {list(target.shape)}"
        raise MatchZooError(f"alignment: expected at least 2 rows [n, d] of source and [m, d] of target, got {shapes}")


def spread_rows(values: torch.Tensor, rows: int) -> torch.Tensor:
    """At most so many rows of [n, d], evenly spread."""
    return values if len(values) <= rows else values[torch.linspace(0, len(values) - 1, rows).round().long()]
