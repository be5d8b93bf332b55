"""Plug-and-play restoration: both algorithms find minima that are known in closed form, and say where they cannot."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.models.proximal import (
    GaussianProximal,
    LinearOperator,
    PlugAndPlay,
    ProximalOperator,
    SoftThreshold,
    admm,
    linear_estimate,
    proximal_gradient,
)

RNG = torch.Generator().manual_seed(0)
MATRIX = torch.randn(3, 4, generator=RNG, dtype=torch.float64)
OPERATOR = LinearOperator(lambda x: x @ MATRIX.T.to(x), (4,))
FACTOR = torch.randn(4, 4, generator=RNG, dtype=torch.float64)
MEAN = torch.arange(4.0, dtype=torch.float64)
MEASURED = torch.randn(6, 3, generator=RNG, dtype=torch.float64)


class OneStrength(ProximalOperator):
    """Knows a single strength, as a learned operator does."""

    fixed_strength = 2.0

    def __init__(self, of: ProximalOperator) -> None:
        self.of = of

    def prox(self, y: torch.Tensor, strength: float = 1.0) -> torch.Tensor:
        assert strength == self.fixed_strength
        return self.of.prox(y, strength)


@pytest.mark.parametrize("algorithm", [admm, proximal_gradient])
def test_a_gaussian_prior_gives_the_linear_estimate(algorithm):
    """(noise)² R(x) + |A x − b|² / 2 has its minimum at the mean of x given b."""
    proximal = GaussianProximal(MEAN, FACTOR @ FACTOR.T)
    restored = algorithm(MEASURED, OPERATOR, proximal, 0.25, iterations=3000, tolerance=1e-9)
    assert restored.converged
    truth = linear_estimate(MEASURED, OPERATOR, MEAN, FACTOR @ FACTOR.T, noise=0.5)
    torch.testing.assert_close(restored.samples, truth, rtol=0, atol=1e-6)


@pytest.mark.parametrize("words", [{}, {"algorithm": "proximal-gradient"}])
def test_sparse_regression_meets_its_conditions(words):
    """0 ∈ Aᵀ (A x − b) + weight · ∂|x|₁."""
    restore = PlugAndPlay(
        operator=OPERATOR, proximal=SoftThreshold(0.5), weight=0.4, iterations=3000, tolerance=1e-9, **words
    )
    x = restore(MEASURED).samples
    slope = OPERATOR.adjoint(OPERATOR(x) - MEASURED)
    active = x != 0
    assert active.any()
    assert not active.all()
    torch.testing.assert_close(slope[active], -0.2 * x[active].sign(), rtol=0, atol=1e-6)
    assert slope[~active].abs().max() <= 0.2 + 1e-6


def test_an_operator_of_one_strength_fixes_step_and_penalty():
    proximal, weight = OneStrength(GaussianProximal(MEAN, FACTOR @ FACTOR.T)), 40.0
    truth = linear_estimate(MEASURED, OPERATOR, MEAN, FACTOR @ FACTOR.T, noise=weight**0.5)
    for algorithm in (admm, proximal_gradient):
        restored = algorithm(MEASURED, OPERATOR, proximal, weight, iterations=1000, tolerance=1e-9)
        torch.testing.assert_close(restored.samples, truth, rtol=0, atol=1e-6)
    with pytest.raises(MatchZooError, match=r"a step of 20 is too long for this operator, .* take admm"):
        proximal_gradient(MEASURED, OPERATOR, proximal, 0.1)


def test_what_it_refuses_and_says():
    with pytest.raises(DeclarationError, match="did you mean 'admm'"):
        PlugAndPlay(operator=OPERATOR, proximal=SoftThreshold(), algorithm="adm")
    for words, message in [({"weight": 0.0}, "weight above 0, got 0"), ({"iterations": 0}, "iterations above 0")]:
        with pytest.raises(MatchZooError, match=message):
            PlugAndPlay(operator=OPERATOR, proximal=SoftThreshold(), **words)(MEASURED)
    with pytest.raises(MatchZooError, match="step above 0, got -1"):
        proximal_gradient(MEASURED, OPERATOR, SoftThreshold(), step=-1.0)
    short = admm(MEASURED, OPERATOR, SoftThreshold(), iterations=2)
    assert (short.iterations, short.converged) == (2, False)
    with pytest.raises(MatchZooError, match="iteration 1 is not finite"):
        admm(MEASURED * torch.nan, OPERATOR, SoftThreshold())
