"""What two denoisers have in common, and in which basis one of them shrinks."""

from collections.abc import Callable

import attrs
import torch

from matchzoo.core.errors import MatchZooError


@attrs.frozen
class Agreement:
    """How alike two denoisers are at some points.

    Attributes:
        gap: 2 E |D₁ − D₂|² / (E |D₁|² + E |D₂|²): 0 where they are the same.
        cosine: the mean cosine of their corrections D₁ − y and D₂ − y, which have the directions of the scores.
    """

    gap: float
    cosine: float


def agreement(first: torch.Tensor, second: torch.Tensor, points: torch.Tensor) -> Agreement:
    """How alike two denoisers are, by what they make of the same noisy points.

    Examples:
        >>> agreement(one.denoise(noisy, sigma), other.denoise(noisy, sigma), noisy)

    Args:
        first: D₁(y) [n, …].
        second: D₂(y) [n, …].
        points: y [n, …].

    Raises:
        MatchZooError: they are not of one shape.

    Source: Kadkhodaie et al., Generalization in diffusion models arises from geometry-adaptive harmonic
    representations, ICLR 2024, section 2, where denoisers of disjoint sets are compared.
    """
    if not first.shape == second.shape == points.shape:
        shapes = ", ".join(str(list(x.shape)) for x in (first, second, points))
        raise MatchZooError(f"agreement: expected three tensors of one shape [n, …], got {shapes}")
    first, second, points = (x.detach().flatten(1).double() for x in (first, second, points))
    sizes = first.square().sum(1).mean() + second.square().sum(1).mean()
    gap = 2 * (first - second).square().sum(1).mean() / sizes
    cosine = torch.nn.functional.cosine_similarity(first - points, second - points, dim=1).mean()
    return Agreement(gap.item(), cosine.item())


def denoiser_jacobian(denoise: Callable[[torch.Tensor], torch.Tensor], points: torch.Tensor) -> torch.Tensor:
    """∂D(y) / ∂y [n, d, d] at points y [n, …] of d numbers, with d backward passes for all of them; element [i, j] is
    the derivative of number i of D after number j of y.

    Of the least squares denoiser it is Cov(x | y) / σ²: symmetric, without negative eigenvalues.

    Examples:
        >>> denoiser_jacobian(lambda y: y / 2, torch.randn(3, 4)).shape
        torch.Size([3, 4, 4])

    Args:
        denoise: D, row by row.
        points: y.
    """
    with torch.enable_grad():
        y = points.detach().requires_grad_()
        denoised = denoise(y).flatten(1)
        rows = [
            torch.autograd.grad(denoised[:, number].sum(), y, retain_graph=True)[0].flatten(1)
            for number in range(denoised.shape[1])
        ]
    return torch.stack(rows, 1)


def shrinkage_basis(jacobian: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The eigenvalues [n, d], largest first, and eigenvectors [n, d, d], as columns, of the symmetric part of Jacobians
    [n, d, d]: the factors by which a denoiser without bias shrinks its input along each vector of a basis that adapts
    to it.

    Source: Mohan et al., Robust and interpretable blind image denoising via bias-free convolutional neural networks,
    ICLR 2020; Kadkhodaie et al., ICLR 2024, section 3.
    """
    values, vectors = torch.linalg.eigh((jacobian + jacobian.mT) / 2)
    return values.flip(1), vectors.flip(2)
