"""Distances between statistics."""

from abc import ABC, abstractmethod

import attrs
import torch

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError

LEAST = 1e-6
"""Share of the other's length up to which a vector has no direction of its own in a cosine."""


def cosine_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """One minus one cosine over all values: 1 − ⟨a, b⟩ / (‖a‖ ‖b‖), a scalar in [0, 2]; 1 if either is zero.

    A vector up to a millionth as long as the other, whose direction may be rounding, counts as one of the other's
    length. So at a = 0, where a cosine has no gradient, there is that of 1 − ⟨a, b⟩ / ‖b‖²: along b, and no larger than
    those that follow, since Adam's mean of squares holds on to a large one for thousands of steps.

    Args:
        a: any shape, flattened.
        b: the same shape.
    """
    a, b = a.flatten(), b.flatten()
    norm_a, norm_b = torch.linalg.vector_norm(a), torch.linalg.vector_norm(b)
    first = torch.where(norm_a > LEAST * norm_b, norm_a, norm_b.detach())
    norms = first * torch.where(norm_b > LEAST * norm_a, norm_b, norm_a.detach())
    return 1 - (a @ b) / norms.clamp_min(torch.finfo(norms.dtype).tiny)


def squared_distance(
    a: torch.Tensor, b: torch.Tensor, *, diagonal: float = 1.0, off_diagonal: float = 1.0
) -> torch.Tensor:
    """Σ w (a − b)² over all values, a scalar ≥ 0; w is 1 unless two factors tell the diagonal of matrices apart.

    Args:
        a: any shape; square matrices […, d, d] where a factor is not 1.
        b: the same shape.
        diagonal: w of the entries of the diagonal.
        off_diagonal: w of all others.

    Raises:
        MatchZooError: there is a factor, and these are no square matrices.
    """
    squares = (a - b).square()
    if diagonal == off_diagonal == 1:
        return squares.sum()
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise MatchZooError(f"squared: a diagonal is that of square matrices, got a statistic of {tuple(a.shape)}")
    factors = torch.full_like(squares, off_diagonal)
    factors.diagonal(dim1=-2, dim2=-1).fill_(diagonal)
    return (factors * squares).sum()


def hinge_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Σ max(0, b − a): how far the values of a fall short of those of b, both of one shape; a scalar ≥ 0, and 0 where
    no value does."""
    return (b - a).relu().sum()


def absolute_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Σ |a − b| over all values, a scalar ≥ 0; both of the same shape."""
    return (a - b).abs().sum()


def row_cosine_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The sum over rows of one minus their cosine: Σ_r (1 − ⟨a_r, b_r⟩ / (‖a_r‖ ‖b_r‖)), a scalar ≥ 0.

    A row that is zero on either side counts nothing and has no gradient: the weights of a filter whose outputs are all
    cut off by a ReLU have no direction to compare.

    Args:
        a: [..., k]; rows are along the last dimension.
        b: the same shape.

    Source: the distance of gradients of Zhao et al., Dataset condensation with gradient matching, ICLR 2021, whose
    released code counts such a row as 1, a constant.
    """
    lengths = [torch.linalg.vector_norm(x, dim=-1) for x in (a, b)]
    alive = (lengths[0] > 0) & (lengths[1] > 0)
    first, second = (torch.where(alive, length, 1) for length in lengths)
    cosines = torch.linalg.vecdot(a, b) / first / second  # no copies of the statistics, which may be large
    return torch.where(alive, 1 - cosines, 0).sum()


def kl_divergence(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence KL(a‖b) = Σ a log(a / b) over all values, in nats; ≥ 0 for two distributions.

    A factor of b that is the same for all values changes it by a constant. Logarithms are of nothing smaller than the
    smallest normal number of the precision, so that value and gradient are finite where probabilities are 0.

    Args:
        a: […] non-negative, sums to 1.
        b: […] non-negative, of the same shape.
    """
    least = torch.finfo(a.dtype).tiny
    return (a * (a.clamp_min(least).log() - b.clamp_min(least).log())).sum()


@family("distance")
class Distance(ABC):
    """How far two statistics are from each other.

    Examples:
        >>> Cosine()(torch.rand(3, 4), torch.rand(3, 4))  # a scalar
    """

    def __call__(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """`between`, a scalar ≥ 0 for two tensors of one shape; raises for two of different shapes."""
        if a.shape != b.shape:
            raise MatchZooError(f"distance: expected statistics of one shape, got {list(a.shape)} and {list(b.shape)}")
        return self.between(a, b)

    @abstractmethod
    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """A scalar ≥ 0 for two statistics of one shape."""


@declare("cosine")
class Cosine(Distance):
    """`cosine_distance`: scale-free, one cosine over everything."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """1 − cos(a, b)."""
        return cosine_distance(a, b)


@declare("row-cosine")
class RowCosine(Distance):
    """`row_cosine_distance`: scale-free row by row, such as filter by filter."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Σ over rows of 1 − cos(a_r, b_r)."""
        return row_cosine_distance(a, b)


@declare("squared")
class Squared(Distance):
    """`squared_distance`. With ``off_diagonal = 0.0051``, of the cross-correlation of two views to the identity, it is
    the loss of Barlow Twins; with ``diagonal = 0``, of a covariance to zero, that of VICReg's third term."""

    diagonal: float = attrs.field(default=1.0, validator=at_least(0))
    """Factor of the squares on the diagonal of a statistic that is a square matrix."""
    off_diagonal: float = attrs.field(default=1.0, validator=at_least(0))
    """Factor of all other squares; where either is not 1 the statistic must be square matrices."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Σ w (a − b)²."""
        return squared_distance(a, b, diagonal=self.diagonal, off_diagonal=self.off_diagonal)


@declare("hinge")
class Hinge(Distance):
    """`hinge_distance` of a statistic to its reference, which it should reach and may pass: no distance, since it is 0
    beyond. Of standard deviations to the constant one it is VICReg's second term."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Σ max(0, b − a)."""
        return hinge_distance(a, b)


@declare("absolute")
class Absolute(Distance):
    """`absolute_distance`. To a constant of zeros, of a statistic that is nowhere below 0, it is its sum, such as the
    trace of a covariance from its diagonal."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Σ |a − b|."""
        return absolute_distance(a, b)


@declare("inner-product")
class InnerProduct(Distance):
    """−⟨a, b⟩, minus the sum of products of all values: no distance, since it is below 0 where vectors agree.

    Of gradients of environments, under ``pairwise``, it is what Fish descends to first order.
    """

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """−Σ a b, a scalar."""
        return -(a * b).sum()


@declare("kl")
class KullbackLeibler(Distance):
    """`kl_divergence` of two statistics that are distributions, such as shares of classes: from the set's own to the
    reference's, KL(own‖reference)."""

    def between(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """KL(a‖b)."""
        return kl_divergence(a, b)
