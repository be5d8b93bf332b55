"""Squared distances, Gram matrices, MMD, ratios: against golden values, brute force, analytic values, gradients."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from matchzoo.errors import MatchZooError
from matchzoo.kernels import EXACT_DIMENSIONS, gaussian, squared_distances
from matchzoo.matchers.mmd import mmd2
from matchzoo.matchers.ratio import pearson
from matchzoo.ratios.kernel_mean_matching import KernelMeanMatching, kernel_mean_matching
from matchzoo.samples import Samples
from matchzoo.step import Step

GOLDEN = np.load(Path(__file__).parent / "golden/gram.npz")


def points(n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def golden(name: str) -> torch.Tensor:
    return torch.tensor(GOLDEN[name])


def golden_sets(dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    return golden("x_de").to(dtype), golden("x_nu").to(dtype)


@pytest.mark.parametrize("d", [1, 2, EXACT_DIMENSIONS, EXACT_DIMENSIONS + 1, 200])
def test_squared_distances_are_those_of_a_loop(d):
    x, y = points(5, d), points(7, d, 1) + 3
    loop = torch.stack([torch.stack([((a - b) ** 2).sum() for b in y]) for a in x])
    torch.testing.assert_close(squared_distances(x, y), loop, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("d", [2, 64])
def test_squared_distances_in_float32_survive_an_offset(d):
    x = points(6, d, dtype=torch.float64)
    exact = squared_distances(x, x)
    far = squared_distances((x + 1000).float(), (x + 1000).float())
    assert far.min() >= 0
    # what is lost is the rounding of x + 1000 itself (6e-5 a coordinate), not the square of the offset (0.06)
    torch.testing.assert_close(far.double(), exact, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("d", [3, 40])
def test_squared_distances_have_finite_gradients_where_points_coincide(d):
    x = points(4, d).requires_grad_()
    squared_distances(x, x).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert torch.autograd.gradcheck(lambda a: squared_distances(a, points(3, d, 1)), x)
    y = points(3, d, 1).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda a, b: squared_distances(a, b).exp().mean(), (x / 10, y / 10))


def test_bandwidth_is_the_standard_deviation():
    squared = torch.tensor([[4.0]], dtype=torch.float64)
    assert gaussian(squared, 2.0).item() == pytest.approx(np.exp(-4 / (2 * 4)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(2, 12), s=st.floats(0.2, 5))
def test_gram_matrices_are_symmetric_and_positive_semidefinite(seed, n, s):
    x = points(n, 3, seed)
    gram = gaussian(squared_distances(x, x), s)
    torch.testing.assert_close(gram, gram.T, rtol=0, atol=0)
    assert torch.linalg.eigvalsh(gram).min() > -1e-12


@pytest.mark.parametrize("case", ["A", "B"])
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_mmd_is_the_golden_one(case, estimator):
    de, nu = golden_sets()
    name = f"rect/{case}/f64/" + ("mmd2" if estimator == "biased" else "mmd2_unbiased")
    found = mmd2(nu, de, golden(f"rect/{case}/f64/sigmas").tolist(), estimator)
    torch.testing.assert_close(found, golden(name), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", ["A", "B"])
def test_mmd_gradients_are_the_golden_ones(case):
    de, nu = (x.requires_grad_() for x in golden_sets())
    mmd2(nu, de, golden(f"rect/{case}/f64/sigmas").tolist()).backward()
    torch.testing.assert_close(de.grad, golden(f"rect/{case}/f64/grad_de_mmd2"), rtol=0, atol=1e-12)
    torch.testing.assert_close(nu.grad, golden(f"rect/{case}/f64/grad_nu_mmd2"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", ["A", "B"])
def test_mmd_in_float32(case):
    de, nu = golden_sets(torch.float32)
    found = mmd2(nu, de, golden(f"rect/{case}/f64/sigmas").tolist())
    torch.testing.assert_close(found.double(), golden(f"rect/{case}/f64/mmd2"), rtol=0, atol=2e-6)


def test_unbiased_mmd_averages_to_zero_for_one_law_and_biased_does_not():
    values = {e: [] for e in ("biased", "unbiased")}
    for seed in range(200):
        for estimator, found in values.items():
            found.append(mmd2(points(20, 2, 2 * seed), points(30, 2, 2 * seed + 1), [1.0], estimator).item())
    mean, error = np.mean(values["unbiased"]), np.std(values["unbiased"]) / 200**0.5
    assert abs(mean) < 4 * error
    assert min(values["biased"]) > 0


def test_mmd_of_gaussians_is_the_analytic_one():
    # E k for a Gaussian kernel and x - y ~ N(m, v I): (s²/(s²+v))^{d/2} exp(-|m|²/(2 (s²+v)))
    n, d, s = 4000, 2, 1.5
    x, y = points(n, d), points(n, d, 1) * 1.3 + torch.tensor([0.7, 0.0])

    def kernel(v: float, m: float) -> float:
        return (s**2 / (s**2 + v)) ** (d / 2) * np.exp(-(m**2) / (2 * (s**2 + v)))

    truth = kernel(2, 0) - 2 * kernel(1 + 1.69, 0.7) + kernel(2 * 1.69, 0)
    assert mmd2(x, y, [s], "unbiased").item() == pytest.approx(truth, abs=3e-3)


def test_unbiased_mmd_needs_two_samples():
    with pytest.raises(MatchZooError, match="at least 2 samples"):
        mmd2(points(1, 2), points(5, 2), [1.0], "unbiased")


@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_mmd_is_invariant_to_order_and_translation(estimator):
    x, y = points(6, 2), points(8, 2, 1)
    value = mmd2(x, y, [0.5, 1], estimator)
    torch.testing.assert_close(mmd2(x.flip(0) + 5, y.roll(3, 0) + 5, [0.5, 1], estimator), value)
    torch.testing.assert_close(mmd2(y, x, [0.5, 1], estimator), value)


@pytest.mark.parametrize("case", ["A", "B"])
@pytest.mark.parametrize("clip", [False, True])
def test_kernel_mean_matching_is_the_golden_one(case, clip):
    de, nu = golden_sets()
    found = kernel_mean_matching(nu, de, golden(f"rect/{case}/f64/sigmas").tolist(), ridge=1e-3, clip=clip)
    torch.testing.assert_close(found, golden(f"rect/{case}/f64/ratio{'_clip' if clip else ''}"), rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", ["A", "B"])
@pytest.mark.parametrize("loss", ["pd", "pd_clip", "loss_f_regsum", "loss_f_regmean"])
def test_pearson_objectives_and_gradients_are_the_golden_ones(case, loss):
    de, nu = (x.requires_grad_() for x in golden_sets())
    ratio = kernel_mean_matching(nu, de, golden(f"rect/{case}/f64/sigmas").tolist(), clip=loss == "pd_clip")
    value = pearson(ratio)
    if loss == "loss_f_regsum":
        value = -value - ratio.sum()
    if loss == "loss_f_regmean":
        value = -value - ratio.mean()
    torch.testing.assert_close(value, golden(f"rect/{case}/f64/{loss}").reshape(()), rtol=1e-9, atol=1e-9)
    value.backward()
    for x, side in ((de, "de"), (nu, "nu")):
        expected = golden(f"rect/{case}/f64/grad_{side}_{loss}")
        torch.testing.assert_close(x.grad, expected, rtol=1e-7, atol=1e-9)


def test_ratio_of_equal_laws_averages_to_one():
    for seed in range(5):
        ratio = kernel_mean_matching(points(200, 2, seed), points(300, 2, seed + 50), [1.0])
        assert ratio.mean().item() == pytest.approx(1, abs=0.02)


def test_ratio_diagnostics():
    x, y = Samples(points(30, 2)), Samples(points(40, 2, 1))
    ratio = KernelMeanMatching(bandwidths=(1.0,)).fit(numerator=x, denominator=y, step=Step(1, 0))
    found = ratio.diagnostics()
    assert found["mean"] == pytest.approx(ratio.denominator.mean().item())
    assert found["minimum"] == pytest.approx(ratio.denominator.min().item())
    assert 0 < found["effective_sample_size"] <= 40


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


def test_what_is_kept_goes_with_either_set():
    x = Samples(points(5, 2))
    for seed in range(3):
        x.gram(Samples(points(6, 2, seed)), 1.0)
    assert len(x._kept) == 0  # by reference counting alone, without the garbage collector
