"""Kernels of two sets of points.

They are a family (``kernel = { kind = "rational-quadratic" }``); a bandwidth is a number, ``"median"`` or
``"rms"`` (typical distances of the points), or a multiple of one such as ``"0.5*median"``.
"""

import functools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare, family
from matchzoo.core.declaration.validators import at_least, between, not_empty, positive
from matchzoo.core.numerics.bandwidths import Bandwidth, absolute, check_bandwidths
from matchzoo.core.numerics.distances import gaussian
from matchzoo.core.samples import Samples, as_samples

__all__ = ["Energy", "Gaussian", "Kernel", "Laplacian", "Linear", "Polynomial", "RationalQuadratic", "resolve"]


@family("kernel")
class Kernel(ABC):
    """A kernel k(x, y) of points: of their squared distance where it is ``radial``, else of their inner product.

    Called, it gives the Gram matrix of two sets of points:

        >>> Gaussian(bandwidths=[1.0])(torch.rand(5, 2), torch.rand(3, 2)).shape
        torch.Size([5, 3])
    """

    radial: ClassVar[bool] = True

    def __call__(self, x: torch.Tensor | Samples, y: torch.Tensor | Samples | None = None) -> torch.Tensor:
        """Gram matrix [n, m], entry k(x_i, y_j), differentiable in both sets.

        Args:
            x: [n, …]; what is not [n, d] is flattened.
            y: [m, …]; x itself if not given.
        """
        first = as_samples(x)
        second = first if y is None or y is x else as_samples(y)
        return self.resolved(first, second).gram(first, second)

    def resolved(self, x: Samples, y: Samples) -> "Kernel":
        """This kernel with all that depends on the two sets (the median distance) as numbers."""
        return self

    def gram(self, x: Samples, y: Samples) -> torch.Tensor:
        """Gram matrix [n, m] of a resolved kernel, differentiable."""
        if self.radial:
            z = x.squared_distances(y)
        else:
            z = x.values.flatten(1) @ y.values.flatten(1).mT
        return self.value(z, x.values[0].numel())

    def pairs(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """k(x_i, y_i) [n] of points [n, d] and [n, d], for a resolved kernel."""
        return self.value((x - y).square().sum(1) if self.radial else (x * y).sum(1), x.shape[1])

    @abstractmethod
    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """Values for squared distances or inner products ``z`` […], of points of ``dimension`` d."""

    def value_and_slope(self, z: torch.Tensor, dimension: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Values and their derivatives by ``z`` […], for a resolved kernel; no graph, and ``z`` may be overwritten."""
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            value = self.value(z, dimension)
            [slope] = torch.autograd.grad(value.sum(), z)
        return value.detach(), slope.contiguous()


@declare("gaussian")
class Gaussian(Kernel):
    """Σ_s exp(−|x − y|² / (2 s²)), summed over bandwidths."""

    bandwidths: Several[Bandwidth] = attrs.field(default=("median",), validator=check_bandwidths)
    """Standard deviations: numbers, or multiples of the median or of the root mean square (rms) distance, such as
    "0.5*median", for which every turn waits for the device."""

    def resolved(self, x: Samples, y: Samples) -> "Kernel":
        """With bandwidths as numbers."""
        if not any(isinstance(s, str) for s in self.bandwidths):
            return self
        return Gaussian(bandwidths=tuple(resolve(self.bandwidths, x, y)))

    def gram(self, x: Samples, y: Samples) -> torch.Tensor:
        """Sum of the Gram matrices that the sets keep."""
        return functools.reduce(torch.add, [x.gram(y, float(s)) for s in self.bandwidths])

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """Sum of exp(−z / (2 s²))."""
        return functools.reduce(torch.add, [gaussian(z, float(s)) for s in self.bandwidths])

    def value_and_slope(self, z: torch.Tensor, dimension: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The sum, and that of −exp(−z / (2 s²)) / (2 s²)."""
        *others, last = [-0.5 / float(s) / float(s) for s in self.bandwidths]
        parts = [z.mul(factor).exp_() for factor in others]
        value = z.mul_(last).exp_()
        slope = value * last
        for part, factor in zip(parts, others, strict=True):
            slope.add_(part, alpha=factor)
            value += part
        return value, slope


@declare("rational-quadratic")
class RationalQuadratic(Kernel):
    """Σ_α (1 + |x − y|² / (2 α s²))^(−α): a mixture of Gaussians of all bandwidths, with heavy tails.

    Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018, whose exponents are the default.
    """

    alphas: Several[float] = attrs.field(default=(0.2, 0.5, 1.0, 2.0, 5.0), validator=[positive(), not_empty()])
    """Exponents α, summed over; the smaller, the heavier the tail."""
    bandwidth: Bandwidth = attrs.field(default=1.0, validator=check_bandwidths)
    """Length s: a number, "median" or a multiple such as "0.5*median"."""

    def resolved(self, x: Samples, y: Samples) -> "Kernel":
        """With the bandwidth as a number."""
        if not isinstance(self.bandwidth, str):
            return self
        [bandwidth] = resolve([self.bandwidth], x, y)
        return RationalQuadratic(alphas=self.alphas, bandwidth=bandwidth)

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """The sum over α."""
        scaled = z / (2 * float(self.bandwidth) ** 2)
        return functools.reduce(torch.add, [torch.exp(-a * torch.log1p(scaled / a)) for a in self.alphas])


@declare("laplacian")
class Laplacian(Kernel):
    """Σ_s exp(−|x − y| / s), summed over bandwidths: the exponential or Matérn ½ kernel, of Euclidean distances.

    It is not smooth where points coincide, and its tails are heavier than the Gaussian's. (`sklearn`'s kernel of that
    name has the sum of absolute differences in the place of the Euclidean distance.)

    Source: Rasmussen and Williams, Gaussian processes for machine learning, 2006, section 4.2.
    """

    bandwidths: Several[Bandwidth] = attrs.field(default=("median",), validator=check_bandwidths)
    """Lengths s: numbers, or multiples of the median or rms distance, such as "0.5*median"."""

    def resolved(self, x: Samples, y: Samples) -> "Kernel":
        """With bandwidths as numbers."""
        if not any(isinstance(s, str) for s in self.bandwidths):
            return self
        return Laplacian(bandwidths=tuple(resolve(self.bandwidths, x, y)))

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """Sum of exp(−√z / s); the gradient is 0 where points coincide."""
        distance = z.clamp_min(torch.finfo(z.dtype).tiny).sqrt()
        return functools.reduce(torch.add, [torch.exp(distance * (-1 / float(s))) for s in self.bandwidths])


@declare("energy")
class Energy(Kernel):
    """−|x − y|^β, whose squared MMD is the (generalized) energy distance.

    Positive semidefinite only on weights that sum to 0, as those of an MMD do: no kernel for ratios.

    Source: Székely and Rizzo, Energy statistics, 2013; Sejdinovic et al., Annals of Statistics 2013.
    """

    exponent: float = attrs.field(default=1.0, validator=[positive(), between(0, 2, open_high=True)])
    """β in (0, 2)."""

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """−z^(β/2); the gradient is 0 where points coincide."""
        return -(z.clamp_min(torch.finfo(z.dtype).tiny) ** (self.exponent / 2))


@declare("linear")
class Linear(Kernel):
    """x·y, whose squared MMD is the squared distance of the means."""

    radial: ClassVar[bool] = False

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """z itself."""
        return z


@declare("polynomial")
class Polynomial(Kernel):
    """(γ x·y + c)^k; with the defaults the kernel of the kernel Inception distance (KID).

    Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018.
    """

    radial: ClassVar[bool] = False
    degree: int = attrs.field(default=3, validator=at_least(1))
    """k."""
    factor: float | None = attrs.field(default=None, validator=positive())
    """γ; 1/d if not given."""
    offset: float = attrs.field(default=1.0, validator=at_least(0))
    """c."""

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """(γ z + c)^k."""
        return (z * (self.factor or 1 / dimension) + self.offset) ** self.degree


def resolve(bandwidths: Sequence[Bandwidth], x: Samples, y: Samples) -> list[float]:
    """Bandwidths as numbers, multiples taken of a typical distance of the two sets pooled."""
    return [absolute(s, functools.partial(x.typical_distance, y)) for s in bandwidths]
