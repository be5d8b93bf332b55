"""Weights of a mixture: the bound of its optimum, multiplicative updates, and scipy for non-negative least squares."""

import numpy as np
import pytest
import scipy.optimize
import torch

from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.ratios.solving.mixture import mixture_weights, non_negative


def densities(s: float, n: int = 60, b: int = 40) -> torch.Tensor:
    rng = np.random.default_rng(0)
    x, centers = torch.tensor(rng.normal(size=(n, 2))), torch.tensor(rng.normal(0, 1.5, (b, 2)))
    return gaussian(squared_distances(centers, x), s) / s**2


@pytest.mark.parametrize("start", [None, "one component", "all"])
@pytest.mark.parametrize("s", [0.3, 1.0, 4.0])
def test_the_optimum_meets_its_bound(s, start):
    phi = densities(s)
    guess = {None: None, "one component": torch.eye(40, dtype=phi.dtype)[3], "all": phi.new_full((40,), 1 / 40)}[start]
    w = mixture_weights(phi, start=guess)
    assert w.min() >= 0
    assert w.sum().item() == pytest.approx(1, abs=1e-12)
    assert (phi / (w @ phi)).mean(1).max() <= 1 + 1e-11

    loose = mixture_weights(phi, start=guess, tolerance=1e-3)
    gain = ((w @ phi).log().mean() - (loose @ phi).log().mean()).item()
    assert -1e-12 <= gain <= 1e-3


def test_shares_are_repeated_samples():
    phi, counts = densities(0.8, 30), torch.arange(30) % 3
    shares = counts.double() / counts.sum()
    repeated = mixture_weights(phi.repeat_interleave(counts, 1))
    values = [w @ phi for w in (mixture_weights(phi, shares), repeated)]
    torch.testing.assert_close(*(v[counts > 0] for v in values), rtol=1e-7, atol=0)


def test_non_negative_programs_are_those_of_scipy():
    rng = np.random.default_rng(0)
    for _ in range(5):
        a, b = rng.normal(size=(12, 8)), rng.normal(size=12)
        expected, _ = scipy.optimize.nnls(a, b)
        found = non_negative(torch.tensor(a.T @ a), torch.tensor(a.T @ b), torch.tensor(rng.uniform(size=8)))
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-10)
