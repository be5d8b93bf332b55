"""Linear operators: adjoints, norms, solutions, and the linear estimate against a direct one."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.data.shifts.blurred import blur
from matchzoo.models.proximal import LinearOperator, linear_estimate

RNG = torch.Generator().manual_seed(0)
MATRIX = torch.randn(3, 4, generator=RNG, dtype=torch.float64)
TALL = LinearOperator(lambda x: x.flatten(1) @ MATRIX.T.to(x), (1, 2, 2))
LIKE = torch.zeros((), dtype=torch.float64)


def test_adjoint_norm_and_solution():
    x, b = torch.randn(5, 1, 2, 2, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    assert TALL.matrix(LIKE).equal(MATRIX)
    torch.testing.assert_close((TALL(x) * b).sum(), (x * TALL.adjoint(b)).sum())
    torch.testing.assert_close(TALL.adjoint(b).flatten(1), b @ MATRIX)
    assert TALL.squared_norm(LIKE) == pytest.approx(torch.linalg.matrix_norm(MATRIX, 2).item() ** 2, rel=1e-3)

    solution = TALL.regularized_solution(x, 0.1)
    normal = MATRIX.T @ MATRIX + 0.1 * torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(solution.flatten(1), torch.linalg.solve(normal, x.flatten(1).T).T, rtol=1e-6, atol=1e-6)
    assert TALL.regularized_solution(torch.zeros_like(x), 0.1).eq(0).all()


def test_functions_of_images():
    blurred = LinearOperator(lambda x: blur(x, 1.0), (1, 8, 8))
    x, b = torch.randn(2, 3, 1, 8, 8, dtype=torch.float64)
    torch.testing.assert_close((blurred(x) * b).sum(), (x * blurred.adjoint(b)).sum())
    nothing = LinearOperator(lambda x: 0 * x, (2,))
    assert nothing.squared_norm(LIKE) == 0
    with pytest.raises(MatchZooError, match="expected a linear function"):
        LinearOperator(lambda x: x + 1, (2,))
    with pytest.raises(MatchZooError, match="is not −2 f"):
        LinearOperator(lambda x: x.clamp(0, 1), (2,))


def test_linear_estimate_is_that_of_the_joint_gaussian():
    factor = torch.randn(4, 4, generator=RNG, dtype=torch.float64)
    covariance, mean = factor @ factor.T, torch.arange(4.0, dtype=torch.float64)
    x = mean + torch.randn(6, 4, generator=RNG, dtype=torch.float64) @ factor.T
    measured = x @ MATRIX.T + 0.3
    estimate = linear_estimate(measured, TALL, mean, covariance, noise=0.5)
    precision = torch.linalg.inv(covariance) + MATRIX.T @ MATRIX / 0.25
    right = torch.linalg.solve(covariance, mean) + measured @ MATRIX / 0.25
    torch.testing.assert_close(estimate.flatten(1), torch.linalg.solve(precision, right.T).T)
