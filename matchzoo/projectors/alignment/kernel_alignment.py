"""Alignments by components in the space of a Gaussian kernel: one map of both sets, and of new samples."""

import functools
from abc import ABC, abstractmethod

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.numerics.bandwidths import Bandwidth, absolute, check_bandwidths
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.typical_distances import typical_distance
from matchzoo.core.spec import Spec
from matchzoo.projectors.alignment.alignment import Alignment, KernelMap, check_sets, spread_rows


@declare
class KernelAlignment(Alignment, ABC):
    """x ↦ k(x, X) V, where X are samples of both sets and V is what a method makes of their Gram matrix."""

    features: int = attrs.field(validator=at_least(1))
    """How many components."""
    bandwidth: Bandwidth = attrs.field(default="median", validator=check_bandwidths)
    """Standard deviation of the kernel, or a multiple of the median distance of both sets such as "0.5*median"."""
    rows: int = attrs.field(default=2000, validator=at_least(2))
    """Samples of each set that it is fitted to, at most, spread evenly over it. They are part of the map."""

    @abstractmethod
    def vectors_of(self, gram: torch.Tensor, sources: int) -> torch.Tensor:
        """V [N, k] of the Gram matrix [N, N] of all samples, those of the source first; float64."""

    def width(self, inputs: int) -> int:
        """`features`."""
        return self.features

    def build(self, spec: Spec) -> int:
        """Room for the samples of the kernel; features are 0 until it is fitted."""
        inputs = int(torch.Size(spec.shape).numel())
        self.path = spec.space
        self.points = nn.Buffer(torch.zeros(2 * self.rows, inputs))
        self.vectors = nn.Buffer(torch.zeros(2 * self.rows, self.features))
        self.scale = nn.Buffer(torch.ones(()))
        return self.features

    def maps(self, source: torch.Tensor, target: torch.Tensor) -> tuple[KernelMap, KernelMap]:
        """One map of both sets, [n, d] and [m, d]."""
        check_sets(source, target)
        first, second = (spread_rows(double(values), self.rows) for values in (source, target))
        points = torch.cat([first, second])
        scale = absolute(self.bandwidth, functools.partial(typical_distance, first, second))
        vectors = self.vectors_of(gaussian(squared_distances(points, points), scale), len(first))
        fitted = KernelMap(points.to(source), vectors.to(source), source.new_tensor(scale))
        return fitted, fitted

    def keep(self, name: str, value: torch.Tensor) -> None:
        """Points [m, d] and vectors [m, k] have a row of every sample; what is left of the room stays 0."""
        room = self.scale if name == "bandwidth" else getattr(self, name)
        room.zero_()
        (room[: len(value)] if value.ndim else room).copy_(value)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] (flattened) → [n, k]."""
        return KernelMap(self.points, self.vectors, self.scale)(x.flatten(1))


def difference(total: int, sources: int, like: torch.Tensor) -> torch.Tensor:
    """e [N]: 1/n at the samples of the source, −1/m at those of the target; eᵀ K e is the squared MMD."""
    signs = like.new_full((total,), -1 / (total - sources))
    signs[:sources] = 1 / sources
    return signs


def oriented(vectors: torch.Tensor) -> torch.Tensor:
    """Columns [N, k] with the sign that makes their largest entry positive."""
    largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    return vectors * largest.sign()
