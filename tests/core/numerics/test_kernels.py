"""Squared distances, the median heuristic and kernels: against loops, closed forms, invariances and gradients."""

import numpy as np
import pytest
import torch
from helpers.tested_kernels import KERNELS
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process.kernels import Matern

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.distances import (
    EXACT_DIMENSIONS,
    gaussian,
    squared_distances,
)
from matchzoo.core.numerics.kernels import Energy, Gaussian, Kernel, Laplacian, Linear, Polynomial, RationalQuadratic
from matchzoo.core.numerics.typical_distances import median_distance
from matchzoo.core.samples import Samples


def points(n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("d", [1, 2, EXACT_DIMENSIONS, EXACT_DIMENSIONS + 1, 200])
def test_squared_distances_are_those_of_a_loop(d):
    x, y = points(5, d), points(7, d, 1) + 3
    loop = torch.stack([torch.stack([((a - b) ** 2).sum() for b in y]) for a in x])
    torch.testing.assert_close(squared_distances(x, y), loop, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(squared_distances(x.float(), y.float()), loop.float(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("d", [2, 64, 3072])
def test_squared_distances_of_close_points_in_float32(d):
    x = points(6, d, dtype=torch.float32)
    y = x + 1e-3 * points(6, d, 1, torch.float32)  # |x|² is 10⁶ times these distances
    exact = (x.double()[:, None] - y.double()).square().sum(-1)
    torch.testing.assert_close(squared_distances(x, y), exact.float(), rtol=2e-7, atol=0)


@pytest.mark.parametrize("d", [2, 64])
def test_squared_distances_in_float32_survive_an_offset(d):
    x = points(6, d, dtype=torch.float64)
    far = (x + 1000).float()
    exact = (far.double()[:, None] - far.double()).square().sum(-1)
    torch.testing.assert_close(squared_distances(far, far.clone()).double(), exact, rtol=2e-7, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [3, 40])
def test_squared_distances_within_a_set_are_symmetric_zero_on_the_diagonal_and_never_negative(d, dtype):
    x = points(50, d, dtype=dtype) * 100
    x[7] = x[3]
    found = squared_distances(x, x)
    assert found.diagonal().abs().max() == 0
    assert found.min() >= 0
    torch.testing.assert_close(found, found.T, rtol=1e-6 if dtype is torch.float32 else 1e-13, atol=1e-9)


@pytest.mark.parametrize("d", [3, 40])
def test_squared_distances_have_finite_gradients_where_points_coincide(d):
    x = points(4, d).requires_grad_()
    squared_distances(x, x).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert torch.autograd.gradcheck(lambda a: squared_distances(a, points(3, d, 1)), x)
    assert torch.autograd.gradcheck(lambda a: gaussian(squared_distances(a, a), 2.0), x)
    y = points(3, d, 1).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda a, b: squared_distances(a, b).exp().mean(), (x / 10, y / 10))


@pytest.mark.parametrize(("x", "y"), [((3, 2), (3, 4)), ((0, 2), (3, 2)), ((3,), (3,))])
def test_sets_that_cannot_be_compared(x, y):
    with pytest.raises(MatchZooError, match=r"two sets of points"):
        squared_distances(torch.zeros(x), torch.zeros(y))


def test_bandwidth_is_the_standard_deviation():
    squared = torch.tensor([[4.0]], dtype=torch.float64)
    assert gaussian(squared, 2.0).item() == pytest.approx(np.exp(-4 / (2 * 4)))


def test_median_bandwidths_are_multiples_without_a_gradient_and_kept():
    x, y = Samples(points(5, 2).requires_grad_()), Samples(points(6, 2, 1))
    median = median_distance(x.values, y.values)
    found = KERNELS["median"].resolved(x, y)
    assert found.bandwidths == pytest.approx((0.5 * median, median), rel=1e-15)
    assert y.typical_distance(x, "median") == x.typical_distance(y, "median") == median
    again = KERNELS["median"].resolved(y, x)
    assert again.gram(x, y) is not None
    assert found.gram(x, x).requires_grad
    expected = gaussian(x.squared_distances(y), 0.5 * median) + gaussian(x.squared_distances(y), median)
    torch.testing.assert_close(found.gram(x, y), expected)


@pytest.mark.parametrize("text", ["mediam", "0*median", "median*2", "-1*median", "1..2*median", ""])
def test_bandwidths_that_are_none(text):
    with pytest.raises(DeclarationError, match=r"bandwidths\[?0?\]?: expected a number above 0, 'median', 'rms' or"):
        structure({"kind": "gaussian", "bandwidths": [text]}, Kernel)


def test_bandwidths_of_tables():
    made = structure({"kind": "gaussian", "bandwidths": [1, "2 * median"]}, Kernel)
    assert made.bandwidths == (1.0, "2 * median")
    for wrong in ([], [0.0], [True], "median"):
        with pytest.raises(DeclarationError, match="bandwidths"):
            structure({"kind": "gaussian", "bandwidths": wrong}, Kernel)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(2, 12))
@pytest.mark.parametrize("name", KERNELS)
def test_gram_matrices_are_symmetric_and_positive_semidefinite(name, seed, n):
    x = Samples(points(n, 3, seed))
    gram = KERNELS[name].resolved(x, x).gram(x, x)
    torch.testing.assert_close(gram, gram.T, rtol=1e-14, atol=0)
    assert torch.linalg.eigvalsh(gram).min() > -1e-12 * max(1, gram.max().item())


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5])
def test_the_energy_kernel_is_positive_on_weights_that_sum_to_zero(exponent):
    x = Samples(points(20, 3))
    center = torch.eye(20, dtype=torch.float64) - 1 / 20
    gram = Energy(exponent=exponent).gram(x, x)
    assert torch.linalg.eigvalsh(center @ gram @ center).min() > -1e-12


@pytest.mark.parametrize("kernel", [*KERNELS.values(), Energy()], ids=[*KERNELS, "energy"])
def test_gram_matrices_and_pairs_agree_and_have_the_gradient_of_finite_differences(kernel):
    x, y = points(5, 3), points(5, 3, 1)
    fixed = kernel.resolved(Samples(x), Samples(y))
    gram = fixed.gram(Samples(x), Samples(y))
    torch.testing.assert_close(fixed.pairs(x, y), gram.diagonal(), rtol=1e-12, atol=1e-12)
    assert torch.autograd.gradcheck(lambda a, b: fixed.gram(Samples(a), Samples(b)), (x.requires_grad_(), y))
    if kernel.radial:
        moved = fixed.gram(Samples(x.detach() + 3), Samples(y + 3))
        torch.testing.assert_close(moved, gram.detach(), rtol=1e-10, atol=1e-12)


def test_kernels_are_their_formulas():
    x, y = points(4, 5), points(6, 5, 1)
    a, b = Samples(x), Samples(y)
    squared = ((x[:, None] - y) ** 2).sum(-1)
    torch.testing.assert_close(
        RationalQuadratic(alphas=(0.5, 2.0), bandwidth=1.5).gram(a, b),
        (1 + squared / (2 * 0.5 * 2.25)) ** -0.5 + (1 + squared / (2 * 2 * 2.25)) ** -2,
    )
    torch.testing.assert_close(Energy(exponent=1.5).gram(a, b), -(squared.sqrt() ** 1.5))
    torch.testing.assert_close(Linear().gram(a, b), x @ y.T)
    torch.testing.assert_close(Polynomial().gram(a, b), (x @ y.T / 5 + 1) ** 3)
    torch.testing.assert_close(Polynomial(degree=2, factor=2, offset=0).gram(a, b), (2 * x @ y.T) ** 2)
    # the rational quadratic kernel nears the Gaussian of the same length as its exponent grows
    torch.testing.assert_close(
        RationalQuadratic(alphas=(1e7,), bandwidth=2.0).gram(a, b), gaussian(squared, 2.0), rtol=1e-5, atol=0
    )


def test_distances_are_computed_once_and_shared_with_the_transpose():
    x, y = Samples(points(5, 2)), Samples(points(6, 2, 1))
    first = x.squared_distances(y)
    assert x.squared_distances(y) is first
    torch.testing.assert_close(y.squared_distances(x), first.T)
    assert y.squared_distances(x).data_ptr() == first.data_ptr()
    gram = x.gram(y, 2.0)
    torch.testing.assert_close(gram, gaussian(first, 2.0))
    assert x.gram(y, 2.0) is gram
    assert y.gram(x, 2.0).data_ptr() == gram.data_ptr()
    assert x.gram(y, 1.0) is not gram


def test_nothing_is_kept_without_its_graph():
    x, y = Samples(points(5, 2).requires_grad_()), Samples(points(6, 2, 1))
    with torch.no_grad():
        assert not x.gram(y, 2.0).requires_grad
    assert x.gram(y, 2.0).requires_grad


def test_what_is_kept_goes_with_either_set():
    x = Samples(points(5, 2))
    for seed in range(3):
        x.gram(Samples(points(6, 2, seed)), 1.0)
    assert len(x._kept) == 0  # by reference counting alone, without the garbage collector


def test_a_kernel_is_called_on_tensors():
    x, y = points(5, 3), points(4, 3, 1)
    for kernel in KERNELS.values():
        resolved = kernel.resolved(Samples(x), Samples(y))
        assert torch.equal(kernel(x, y), resolved.gram(Samples(x), Samples(y)))
        assert kernel(x, Samples(y)).shape == (5, 4)


def test_a_kernel_of_one_set_is_its_own_gram_matrix():
    x = points(5, 3)
    assert torch.equal(Gaussian(bandwidths=[1.0])(x), Gaussian(bandwidths=[1.0])(x, x))
    assert torch.equal(Gaussian(bandwidths=[1.0])(x).diagonal(), torch.ones(5, dtype=x.dtype))
    assert Linear()(torch.rand(4)).shape == (4, 4)


def test_the_laplacian_is_that_of_matern():
    x, y = points(6, 3), points(5, 3, 1)
    theirs = Matern(length_scale=0.7, nu=0.5)(x.numpy(), y.numpy())
    np.testing.assert_allclose(Laplacian(bandwidths=(0.7,))(x, y).numpy(), theirs, rtol=1e-12)
