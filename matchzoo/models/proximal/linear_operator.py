"""Linear maps that are known by a function: what a measurement makes of samples."""

from collections.abc import Callable

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.conjugate_gradients import conjugate_gradients


class LinearOperator:
    """A of b = A x, by a function that is linear in x, row by row; its adjoint is the backward pass of that function.

    Examples:
        >>> blurred = LinearOperator(lambda x: blur(x, 1.0), (1, 8, 8))
        >>> masked = LinearOperator(lambda x: x * keep, (1, 8, 8))
        >>> masked.adjoint(masked(images)).shape  # images [n, 1, 8, 8]

    Args:
        function: samples [n, *shape] to measurements [n, …], in torch.
        shape: of a sample.

    Raises:
        MatchZooError: the function is not linear: it does not map 0 to 0, or −2 x to −2 f(x).
    """

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor], shape: tuple[int, ...]) -> None:
        self.function, self.shape = function, shape
        nothing = function(torch.zeros(1, *shape))
        if bool(nothing.any()):
            raise MatchZooError("operator: expected a linear function, got one that maps 0 to something else")
        with torch.no_grad():
            x = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
            expected, scaled = -2 * function(x), function(-2 * x)
        if (scaled - expected).norm() > 1e-3 * expected.norm():
            raise MatchZooError("operator: expected a linear function, got one for which f(−2 x) is not −2 f(x)")

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """A x [n, …] of samples x [n, *shape]."""
        return self.function(x)

    def adjoint(self, b: torch.Tensor) -> torch.Tensor:
        """Aᵀ b [n, *shape] of measurements b [n, …]."""
        with torch.enable_grad():
            x = torch.zeros(len(b), *self.shape, dtype=b.dtype, device=b.device, requires_grad=True)
            [transposed] = torch.autograd.grad(self.function(x), x, b)
        return transposed

    def normal(self, x: torch.Tensor) -> torch.Tensor:
        """Aᵀ A x, of the samples' shape [n, *shape]."""
        return self.adjoint(self(x))

    def matrix(self, like: torch.Tensor) -> torch.Tensor:
        """A [m, d] between flattened samples and measurements, of the precision and place of ``like``."""
        d = torch.Size(self.shape).numel()
        basis = torch.eye(d, dtype=like.dtype, device=like.device).view(d, *self.shape)
        return self(basis).flatten(1).T

    def squared_norm(self, like: torch.Tensor, rounds: int = 50) -> float:
        """The largest eigenvalue of Aᵀ A, by the power method from a fixed start; of the precision and place of
        ``like`` […]. It is from below, by less than 1 % as a rule."""
        x = torch.randn(1, *self.shape, generator=torch.Generator().manual_seed(0)).to(like)
        value = 0.0
        for _ in range(rounds):
            length = x.norm()
            if not length:
                return 0.0
            x = self.normal(x / length)
            value = x.norm().item()
        return value

    def regularized_solution(
        self, right: torch.Tensor, ridge: float, start: torch.Tensor | None = None, rounds: int = 50
    ) -> torch.Tensor:
        """(Aᵀ A + ρ I)⁻¹ r [n, *shape] of r [n, *shape], by conjugate gradients from ``start``."""

        def product(flat: torch.Tensor) -> torch.Tensor:
            x = flat.view(-1, *self.shape)
            return (self.normal(x) + ridge * x).flatten(1)

        first = None if start is None else start.flatten(1)
        tolerance = 0.1 * torch.finfo(right.dtype).eps ** 0.5
        return conjugate_gradients(product, right.flatten(1), first, rounds, tolerance).view_as(right)


def linear_estimate(
    measured: torch.Tensor, operator: LinearOperator, mean: torch.Tensor, covariance: torch.Tensor, noise: float
) -> torch.Tensor:
    """μ + Σ Aᵀ (A Σ Aᵀ + σ² I)⁻¹ (b − A μ) [n, *shape]: the linear estimate of least mean squared error of x from
    b = A x + σ ξ, the Wiener filter.

    Args:
        measured: b [n, …].
        operator: A.
        mean: μ [d] of flattened samples.
        covariance: Σ [d, d].
        noise: σ, above 0.
    """
    matrix = operator.matrix(mean)
    centered = measured.flatten(1).to(mean) - mean @ matrix.T
    among = matrix @ covariance @ matrix.T
    among.diagonal().add_(noise**2)
    estimate = mean + torch.linalg.solve(among, centered.T).T @ matrix @ covariance
    return estimate.view(-1, *operator.shape)
