"""Squared distances and kernels. A bandwidth is always the standard deviation s of a Gaussian, never s².

Kernels are a family (``kernel = { kind = "rational-quadratic" }``); a bandwidth is a number, ``"median"`` or a multiple
of the median such as ``"0.5*median"``.
"""

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import torch

from matchzoo.declare import at_least, between, declare, family, not_empty, positive
from matchzoo.errors import DeclarationError, MatchZooError

if TYPE_CHECKING:
    from matchzoo.samples import Samples

Bandwidth = float | str
"""A number above 0, ``median``, or a multiple of it such as ``0.5*median``."""
EXACT_DIMENSIONS = 32
"""Up to this dimension the squared distances of float64 points are sums of squared differences."""
MEDIAN_POINTS = 4000
"""Of more pooled points than these, evenly spaced ones give the median distance."""


def squared_distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Squared Euclidean distances |x_i − y_j|², never negative; exactly 0 on the diagonal where ``y`` is ``x``.

    Points in float32 (and below) are centred by their common mean and take the product |x|² + |y|² − 2xy in float64,
    where its cancellation is below what float32 resolves; that is also faster than summing differences from about 5
    dimensions on. In float64 (and on MPS, which has no float64) differences are summed in up to `EXACT_DIMENSIONS`
    dimensions, and the product serves above. The gradient is a matrix product in the points' own precision, finite
    where points coincide.

    Args:
        x: [n, d].
        y: [m, d].

    Returns:
        [n, m]; differentiable any number of times.

    Raises:
        MatchZooError: the dimensions differ, or a set is empty.
    """
    if x.dim() != 2 or y.dim() != 2 or x.shape[1] != y.shape[1] or not len(x) or not len(y):
        raise MatchZooError(
            f"distances: expected two sets of points [n, d] and [m, d], n and m at least 1, got {tuple(x.shape)} and "
            f"{tuple(y.shape)}"
        )
    squared: torch.Tensor = _SquaredDistances.apply(x, y)
    return squared


class _SquaredDistances(torch.autograd.Function):
    """|x_i − y_j|², without keeping anything of size [n, m, d] for the way back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        centre = x.mean(0)
        ctx.save_for_backward(x, y, centre)
        ctx.within = y is x
        wide = x.dtype != torch.float64 and x.device.type != "mps"
        if not wide and x.shape[1] <= EXACT_DIMENSIONS:
            return torch.cdist(x - centre, y - centre, compute_mode="donot_use_mm_for_euclid_dist").square()
        a = x.double() - centre if wide else x - centre
        b = a if y is x else (y.double() - centre if wide else y - centre)
        aa = a.square().sum(1)
        bb = aa if y is x else b.square().sum(1)
        squared = torch.addmm(aa[:, None] + bb, a, b.T, alpha=-2).clamp_min_(0)
        if y is x:
            squared.diagonal().zero_()
        return squared.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """d/dx_i = 2 Σ_j g_ij (x_i − y_j), and the same for y with the other sign; the centre cancels."""
        x, y, centre = ctx.saved_tensors
        [g] = gradients
        a = x - centre
        if ctx.within:
            g = g + g.T
            return 2 * (g.sum(1)[:, None] * a - g @ a), None
        b = y - centre
        dx = 2 * (g.sum(1)[:, None] * a - g @ b) if ctx.needs_input_grad[0] else None
        dy = 2 * (g.sum(0)[:, None] * b - g.T @ a) if ctx.needs_input_grad[1] else None
        return dx, dy


def gaussian(squared: torch.Tensor, bandwidth: float | torch.Tensor) -> torch.Tensor:
    """Gaussian kernel k = exp(−|x − y|² / (2 s²)) from squared distances [n, m] and a bandwidth s > 0; in (0, 1]."""
    return torch.exp(squared * (-0.5 / bandwidth / bandwidth))  # a power of a float can overflow


@torch.no_grad()
def median_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """Median Euclidean distance over all pairs of different points of the pooled sets: the median heuristic.

    No gradient passes. Of more than `MEDIAN_POINTS` pooled points, that many evenly spaced rows are used. Of an even
    number of pairs, the lower of the two middle ones is the median. The device is waited for, since it is a number.

    Args:
        x: [n, d].
        y: [m, d].

    Raises:
        MatchZooError: the median is 0 (at least half of the pairs coincide) or not finite.

    Source: Gretton et al., A kernel two-sample test, JMLR 2012, section 8.
    """
    pooled = torch.cat([x, y])
    if len(pooled) > MEDIAN_POINTS:
        pooled = pooled[torch.linspace(0, len(pooled) - 1, MEDIAN_POINTS, device=pooled.device).long()]
    count = len(pooled)
    rank = count + 2 * ((count * (count - 1) // 2 - 1) // 2) + 1  # after the diagonal's zeros every pair comes twice
    squared = squared_distances(pooled, pooled).flatten()
    median = squared.kthvalue(rank).values.sqrt().item() if torch.isfinite(pooled).all() else float("nan")
    if not 0 < median < float("inf"):
        problem = "is 0: at least half of the pairs of points coincide" if median == 0 else f"is {median}"
        raise MatchZooError(f"bandwidths: the median distance {problem}; give a bandwidth as a number")
    return median


def absolute(bandwidth: Bandwidth, median: Callable[[], float]) -> float:
    """A bandwidth as a number; ``median`` is asked where it is a multiple of it."""
    return _multiple(bandwidth) * median() if isinstance(bandwidth, str) else bandwidth


@functools.lru_cache(maxsize=64)
def _multiple(text: str) -> float:
    parsed = re.fullmatch(r"\s*(?:([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*\*\s*)?median\s*", text)
    try:
        factor = float(parsed[1] or 1) if parsed else 0.0
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise DeclarationError([("bandwidths", f"expected a number above 0, 'median' or '0.5*median', got '{text}'")])
    return factor


def check_bandwidths(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """A validator: a bandwidth or a tuple of at least one."""
    if isinstance(value, tuple):
        not_empty()(_, attribute, value)
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, str):
            try:
                _multiple(one)
            except DeclarationError as error:
                raise DeclarationError([(attribute.name, error.problems[0][1])]) from None
        else:
            positive()(_, attribute, one)


@family("kernel")
class Kernel(ABC):
    """A kernel k(x, y) of points: of their squared distance where it is ``radial``, else of their inner product."""

    radial: ClassVar[bool] = True

    def resolved(self, x: "Samples", y: "Samples") -> "Kernel":
        """This kernel with all that depends on the two sets (the median distance) as numbers."""
        return self

    def gram(self, x: "Samples", y: "Samples") -> torch.Tensor:
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


@declare("gaussian")
class Gaussian(Kernel):
    """Σ_s exp(−|x − y|² / (2 s²)), summed over bandwidths."""

    bandwidths: tuple[Bandwidth, ...] = attrs.field(default=("median",), validator=check_bandwidths)
    """Standard deviations: numbers, or multiples of the median distance such as "0.5*median", for which every turn
    waits for the device."""

    def resolved(self, x: "Samples", y: "Samples") -> "Kernel":
        """With bandwidths as numbers."""
        if not any(isinstance(s, str) for s in self.bandwidths):
            return self
        return Gaussian(bandwidths=tuple(absolute(s, lambda: x.median_distance(y)) for s in self.bandwidths))

    def gram(self, x: "Samples", y: "Samples") -> torch.Tensor:
        """Sum of the Gram matrices that the sets keep."""
        return functools.reduce(torch.add, [x.gram(y, float(s)) for s in self.bandwidths])

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """Sum of exp(−z / (2 s²))."""
        return functools.reduce(torch.add, [gaussian(z, float(s)) for s in self.bandwidths])


@declare("rational-quadratic")
class RationalQuadratic(Kernel):
    """Σ_α (1 + |x − y|² / (2 α s²))^(−α): a mixture of Gaussians of all bandwidths, with heavy tails.

    Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018, whose exponents are the default.
    """

    alphas: tuple[float, ...] = attrs.field(default=(0.2, 0.5, 1.0, 2.0, 5.0), validator=[positive(), not_empty()])
    """Exponents α, summed over; the smaller, the heavier the tail."""
    bandwidth: Bandwidth = attrs.field(default=1.0, validator=check_bandwidths)
    """Length s: a number, "median" or a multiple such as "0.5*median"."""

    def resolved(self, x: "Samples", y: "Samples") -> "Kernel":
        """With the bandwidth as a number."""
        if not isinstance(self.bandwidth, str):
            return self
        return RationalQuadratic(alphas=self.alphas, bandwidth=absolute(self.bandwidth, lambda: x.median_distance(y)))

    def value(self, z: torch.Tensor, dimension: int) -> torch.Tensor:
        """The sum over α."""
        scaled = z / (2 * float(self.bandwidth) ** 2)
        return functools.reduce(torch.add, [torch.exp(-a * torch.log1p(scaled / a)) for a in self.alphas])


@declare("energy")
class Energy(Kernel):
    """−|x − y|^β, whose squared MMD is the (generalised) energy distance.

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


def resolve(bandwidths: Sequence[Bandwidth], x: "Samples", y: "Samples") -> list[float]:
    """Bandwidths as numbers, multiples taken of the pooled median distance of the two sets."""
    return [absolute(s, lambda: x.median_distance(y)) for s in bandwidths]
