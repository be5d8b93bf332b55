"""Maximum mean discrepancies: against double loops, analytic values, other libraries, and at their edges."""

import geomloss
import numpy as np
import pytest
import scipy.stats
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.kernels import Energy, Gaussian, Kernel, Linear, Polynomial, RationalQuadratic
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import MMD, Matcher
from matchzoo.matchers.mmd import mmd2, squared_mmd

ESTIMATORS = ("biased", "unbiased", "linear", "circular")
KERNELS: list[Kernel] = [Gaussian(bandwidths=(0.5, 2.0)), RationalQuadratic(), Energy(), Linear(), Polynomial()]
NAMES = [type(kernel).__name__ for kernel in KERNELS]


def points(n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def value(kernel: Kernel, a: torch.Tensor, b: torch.Tensor) -> float:
    return kernel.pairs(a[None], b[None]).item()


@pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_mmd_is_its_definition_written_as_loops(kernel, estimator):
    x, y = points(5, 2), points(8, 2, 1) + 1
    if estimator in ("linear", "circular"):
        pairs = ((0, 1), (2, 3)) if estimator == "linear" else ((0, 1), (1, 2), (2, 3), (3, 4), (4, 0))
        terms = [
            value(kernel, x[i], x[j]) + value(kernel, y[i], y[j])
            - value(kernel, x[i], y[j]) - value(kernel, x[j], y[i])
            for i, j in pairs
        ]  # fmt: skip
        expected = np.mean(terms)
    else:
        own = [
            np.mean([value(kernel, a, b) for i, a in enumerate(s) for j, b in enumerate(s)
                     if i != j or estimator == "biased"])
            for s in (x, y)
        ]  # fmt: skip
        expected = sum(own) - 2 * np.mean([value(kernel, a, b) for a in x for b in y])
    assert squared_mmd(Samples(x), Samples(y), kernel, estimator).item() == pytest.approx(expected, rel=1e-12)


def test_estimators_and_bandwidths_of_deep_adaptation_have_golden_values(golden):
    values = {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}
    widths = [f"{(m / 2) ** 0.5}*rms" for m in (0.25, 0.5, 1, 2, 4)]  # exp(−d² / (m · mean of d²))
    cases = {
        "mmd_dan5_biased": (slice(None), widths, "biased"),
        "mmd_linear_neighbours": (slice(None), values["mmd_s"].tolist(), "linear"),
        "mmd_gdcan_circular_first7": (slice(7), widths, "circular"),
    }
    for key, (rows, bandwidths, estimator) in cases.items():
        x = values["two_X"].clone().requires_grad_()
        found = mmd2(x[rows], values["two_Q"], bandwidths, estimator)
        torch.testing.assert_close(found.detach(), values[key], rtol=0, atol=1e-10)
        if f"{key}_dX" in values:
            [gradient] = torch.autograd.grad(found, x)
            torch.testing.assert_close(gradient, values[f"{key}_dX"], rtol=0, atol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_weighted_mmd_is_its_definition_written_as_loops(kernel, estimator):
    x, y = points(5, 2), points(8, 2, 1) + 1
    given = [torch.tensor([1.0, 2, 0, 0.5, 3]).double(), torch.linspace(0.1, 2, 8).double()]
    w, v = ((one / one.sum()).tolist() for one in given)
    expected = 0.0
    for a, s in ((w, x), (v, y)):
        pairs = [(i, j) for i in range(len(s)) for j in range(len(s)) if i != j or estimator == "biased"]
        expected += sum(a[i] * a[j] * value(kernel, s[i], s[j]) for i, j in pairs) / sum(a[i] * a[j] for i, j in pairs)
    expected -= 2 * sum(w[i] * v[j] * value(kernel, x[i], y[j]) for i in range(5) for j in range(8))
    found = squared_mmd(Samples(x, weights=given[0]), Samples(y, weights=given[1]), kernel, estimator)
    assert found.item() == pytest.approx(expected, rel=1e-10)


def test_weights_are_rows_that_are_repeated():
    x, y = points(5, 2), points(8, 2, 1) + 1
    counts = torch.tensor([1, 2, 0, 4, 1])
    weighted = mmd2(Samples(x, weights=counts.double()), y, [1.0])
    assert weighted.item() == pytest.approx(mmd2(x.repeat_interleave(counts, 0), y, [1.0]).item(), rel=1e-12)
    assert weighted.item() != pytest.approx(mmd2(x, y, [1.0]).item(), rel=1e-2)
    even = Samples(x, weights=torch.full((5,), 3.0).double())
    torch.testing.assert_close(squared_mmd(even, Samples(y), Linear()), squared_mmd(x, y, Linear()))
    with pytest.raises(MatchZooError, match="linear MMD: takes no weights"):
        MMD(bandwidths=[1.0], estimator="linear")(even, y)


@pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)
def test_linear_mmd_of_sorted_sets_is_on_average_the_unbiased_one(kernel):
    """The mean over all pairings is the U-statistic; neighbors, here of one class, are nowhere near it."""
    classes = 3 * points(4, 2, 7)
    x = classes.repeat_interleave(3, 0) + 0.1 * points(12, 2)
    y = classes.repeat_interleave(5, 0) + 0.1 * points(20, 2, 1)
    sets, term = (Samples(x), Samples(y)), MMD(kernel=kernel, estimator="linear")
    found = torch.stack([term.discrepancy(sets, Step(number, 0)).value for number in range(1, 1001)])
    unbiased, error = squared_mmd(*sets, kernel, "unbiased"), found.std() / len(found) ** 0.5
    assert abs(found.mean() - unbiased) < 4 * error
    neighbors = squared_mmd(*sets, kernel, "linear")
    assert abs(neighbors - unbiased) > 10 * error
    assert term.discrepancy(sets, Step(1, 0)).value.equal(found[0])


@pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_mmd_has_the_gradient_of_finite_differences(kernel, estimator):
    x, y = points(4, 2).requires_grad_(), (points(6, 2, 1) + 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: squared_mmd(Samples(a), Samples(b), kernel, estimator), (x, y))
    root = MMD(kernel=kernel, estimator=estimator, root=True)
    assert torch.autograd.gradcheck(lambda a, b: root.discrepancy((Samples(a), Samples(b)), Step(1, 0)).value, (x, y))


@pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_mmd_is_invariant_to_order_and_translation_and_symmetric(kernel, estimator):
    x, y = points(6, 2), points(8, 2, 1)
    found = squared_mmd(Samples(x), Samples(y), kernel, estimator)
    torch.testing.assert_close(squared_mmd(Samples(x.flip(0)), Samples(y.roll(3, 0)), kernel, estimator), found)
    torch.testing.assert_close(squared_mmd(Samples(y), Samples(x), kernel, estimator), found)
    if not isinstance(kernel, Polynomial):
        torch.testing.assert_close(squared_mmd(Samples(x + 5), Samples(y + 5), kernel, estimator), found)


@pytest.mark.parametrize("n", [37, 64])
@pytest.mark.parametrize("d", [3, 50])
def test_biased_mmd_is_twice_the_loss_of_geomloss(n, d):
    x, y = points(n, d), points(51, d, 1) * 0.8 + 0.3
    for s in (0.7, 3.0):
        loss = geomloss.SamplesLoss("gaussian", blur=s, backend="tensorized")(x, y)
        assert abs(mmd2(x, y, [s]).item() - 2 * loss.item()) <= 1e-12


def test_mmd_of_the_energy_kernel_is_the_energy_distance_of_scipy():
    x, y = points(30, 1), points(40, 1, 1) * 2 + 1
    expected = scipy.stats.energy_distance(x.flatten(), y.flatten()) ** 2
    assert squared_mmd(Samples(x), Samples(y), Energy()).item() == pytest.approx(expected, rel=1e-10)


def test_mmd_of_the_linear_kernel_is_the_distance_of_means():
    x, y = points(30, 3), points(40, 3, 1) * 2 + 1
    expected = (x.mean(0) - y.mean(0)).square().sum()
    torch.testing.assert_close(squared_mmd(Samples(x), Samples(y), Linear()), expected)


@pytest.mark.parametrize(("estimator", "tolerance"), [("unbiased", 3e-3), ("linear", 2e-2)])
def test_mmd_of_gaussians_is_the_analytic_one(estimator, tolerance):
    # E k for a Gaussian kernel and x - y ~ N(m, v I): (s²/(s²+v))^{d/2} exp(-|m|²/(2 (s²+v)))
    n, d, s = 4000, 2, 1.5
    x, y = points(n, d), points(n, d, 1) * 1.3 + torch.tensor([0.7, 0.0])

    def kernel(v: float, m: float) -> float:
        return (s**2 / (s**2 + v)) ** (d / 2) * np.exp(-(m**2) / (2 * (s**2 + v)))

    truth = kernel(2, 0) - 2 * kernel(1 + 1.69, 0.7) + kernel(2 * 1.69, 0)
    assert mmd2(x, y, [s], estimator).item() == pytest.approx(truth, abs=tolerance)


def test_unbiased_mmd_averages_to_zero_for_one_law_and_biased_does_not():
    values = {e: [] for e in ESTIMATORS}
    for seed in range(200):
        for estimator, found in values.items():
            found.append(mmd2(points(20, 2, 2 * seed), points(30, 2, 2 * seed + 1), [1.0], estimator).item())
    for estimator in ("unbiased", "linear", "circular"):
        mean, error = np.mean(values[estimator]), np.std(values[estimator]) / 200**0.5
        assert abs(mean) < 4 * error
    assert min(values["biased"]) > 0
    assert np.std(values["linear"]) > np.std(values["circular"]) > np.std(values["unbiased"])


@pytest.mark.parametrize("estimator", ["unbiased", "linear"])
def test_estimators_without_the_diagonal_need_two_samples(estimator):
    for n, m in ((1, 5), (5, 1)):
        with pytest.raises(MatchZooError, match=f"{estimator} MMD: expected at least 2 samples of each set, got {n}"):
            mmd2(points(n, 2), points(m, 2), [1.0], estimator)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize("kernel", [*KERNELS, Gaussian(bandwidths=("median",))], ids=[*NAMES, "median"])
def test_edges_are_finite(kernel, root, dtype):
    x = points(6, 3, dtype=dtype)
    matcher = MMD(kernel=kernel, root=root)
    for other in (x.clone(), x[:1], x + 1e4):
        moved = other.clone().requires_grad_()
        found = matcher.discrepancy((Samples(x), Samples(moved)), Step(1, 0)).value
        found.backward()
        assert torch.isfinite(found)
        assert torch.isfinite(moved.grad).all()
    alone = matcher.discrepancy((Samples(x[:1]), Samples(x[1:2])), Step(1, 0)).value
    assert torch.isfinite(alone)


@pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)
def test_identical_sets_have_no_biased_discrepancy(kernel):
    x = points(9, 3)
    assert squared_mmd(Samples(x), Samples(x.clone()), kernel).item() == pytest.approx(0, abs=1e-12)


def test_far_apart_sets_reach_the_bound_of_a_gaussian():
    x, y = points(20, 2), points(30, 2, 1) + 1e3
    own = [torch.exp(-torch.cdist(a, a).square() / 2).mean() for a in (x, y)]
    assert mmd2(x, y, [1.0]).item() == pytest.approx(sum(own).item(), rel=1e-10)


def test_median_bandwidths_scale_with_the_points():
    x, y = points(20, 2), points(30, 2, 1) + 1
    for bandwidths in (["median"], ["0.5*median", "2*median"], ["rms", "0.5*rms"]):
        torch.testing.assert_close(mmd2(100 * x, 100 * y, bandwidths), mmd2(x, y, bandwidths))


def test_either_bandwidths_or_a_kernel():
    for table, given in (({}, "neither"), ({"bandwidths": [1.0], "kernel": "linear"}, "both")):
        with pytest.raises(DeclarationError, match=f"either bandwidths or a kernel, got {given}"):
            structure({"kind": "mmd", **table}, Matcher)
    made = structure({"kind": "mmd", "kernel": {"kind": "rational-quadratic", "bandwidth": "median"}}, Matcher)
    found = made.discrepancy((Samples(points(5, 2)), Samples(points(6, 2, 1))), Step(1, 0)).value
    assert found > 0
