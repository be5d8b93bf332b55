"""Two-sample tests: against enumeration and scipy, with their level under the null and their power beyond it."""

import itertools

import numpy as np
import pytest
import scipy.stats
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.kernels import Energy, Gaussian, Kernel, Polynomial
from matchzoo.core.samples import Samples
from matchzoo.evaluation.metrics import permutation_test, two_sample_tests, wild_bootstrap_test
from matchzoo.matchers.mmd import squared_mmd

KERNELS: list[Kernel] = [Gaussian(bandwidths=(0.7,)), Gaussian(), Energy(), Polynomial()]
ONE = Gaussian(bandwidths=(1.0,))


def points(n: int, d: int = 2, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("kernel", KERNELS, ids=["gaussian", "median", "energy", "polynomial"])
@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_all_relabelings_of_few_samples(kernel, estimator, monkeypatch):
    """Every relabeling by itself, its MMD from scratch; tiles are smaller than the sets."""
    monkeypatch.setattr(two_sample_tests, "SIDE", 3)
    x, y = points(3), points(5, seed=1) + 0.5
    pooled, fixed = torch.cat([x, y]), kernel.resolved(Samples(x), Samples(y))
    expected = []
    for chosen in itertools.combinations(range(8), 3):
        rest = [row for row in range(8) if row not in chosen]
        expected.append(squared_mmd(pooled[list(chosen)], pooled[rest], fixed, estimator).item())
    found = permutation_test(x, y, kernel, permutations=56, estimator=estimator)
    assert found.exact
    assert found.null.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found.statistic == pytest.approx(expected[0], rel=1e-9)
    assert found.p_value == pytest.approx(np.mean(np.array(expected) >= expected[0] - 1e-12))


def by_scipy(x: torch.Tensor, y: torch.Tensor, kernel: Kernel, kind: str):
    def statistic(a: np.ndarray, b: np.ndarray) -> float:
        return squared_mmd(torch.as_tensor(a), torch.as_tensor(b), kernel).item()

    pair = (x.flatten().numpy(), y.flatten().numpy())
    return scipy.stats.permutation_test(pair, statistic, alternative="greater", permutation_type=kind)


@pytest.mark.parametrize(("n", "m"), [(4, 4), (3, 5)])
@pytest.mark.parametrize("kernel", [ONE, Energy()], ids=["gaussian", "energy"])
def test_permutations_are_those_of_scipy(n, m, kernel):
    x, y = points(n, 1), points(m, 1, 1) + 0.4
    theirs = by_scipy(x, y, kernel, "independent")
    ours = permutation_test(x, y, kernel, estimator="biased")
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-10)
    assert sorted(ours.null.tolist()) == pytest.approx(sorted(theirs.null_distribution), abs=1e-10)
    assert ours.p_value == pytest.approx(theirs.pvalue)


def test_swapped_pairs_are_those_of_scipy():
    x = points(6, 1)
    y = x + 0.3 * points(6, 1, 1) + 0.2
    theirs, ours = by_scipy(x, y, ONE, "samples"), wild_bootstrap_test(x, y, ONE)
    assert ours.exact
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert sorted(ours.null.tolist()) == pytest.approx(sorted(theirs.null_distribution), abs=1e-10)


def test_the_energy_distance_is_the_statistic():
    x, y = points(20, 1), points(30, 1, 1) + 1
    found = permutation_test(x, y, Energy(), estimator="biased", permutations=9)
    assert found.statistic == pytest.approx(scipy.stats.energy_distance(x.flatten(), y.flatten()) ** 2, rel=1e-10)


@pytest.mark.parametrize("kernel", [ONE, Energy()], ids=["mmd", "energy"])
def test_the_level_is_exact(kernel):
    """Under the null p is uniform on {1, …, 10} / 10, even of 5 against 8 heavy-tailed samples."""
    counts = np.zeros(10, dtype=int)
    rng = torch.Generator().manual_seed(0)
    for seed in range(300):
        pooled = torch.empty(13, 1, dtype=torch.float64).cauchy_(generator=rng)
        p = permutation_test(pooled[:5], pooled[5:], kernel, permutations=9, seed=seed).p_value
        counts[round(10 * p) - 1] += 1
    assert scipy.stats.chisquare(counts).pvalue > 0.001


def test_the_level_of_swapped_pairs_is_exact_where_permutations_are_wrong():
    """Pairs that are almost the same: independent samples are not so alike, and the p of permutations is near 1."""
    swapped, permuted = [], []
    for seed in range(150):
        x = points(12, 1, seed)
        y = x + 0.1 * points(12, 1, 1000 + seed)
        x = x + 0.1 * points(12, 1, 2000 + seed)
        swapped.append(wild_bootstrap_test(x, y, ONE, draws=9, seed=seed).p_value)
        permuted.append(permutation_test(x, y, ONE, permutations=9, seed=seed).p_value)
    counts = np.bincount(np.round(10 * np.array(swapped)).astype(int) - 1, minlength=10)
    assert scipy.stats.chisquare(counts).pvalue > 0.001
    assert np.mean(permuted) > 0.9


def series(n: int, seed: int) -> torch.Tensor:
    """An autoregressive process [n, 1] of correlation 0.8 and variance 1."""
    rows = [points(1, 1, 9000 + seed)[0]]
    for row in 0.6 * points(n - 1, 1, seed):
        rows.append(0.8 * rows[-1] + row)
    return torch.stack(rows)


def test_memory_keeps_the_level_of_time_series():
    """At a level of 0.1: neighbors that are alike make a permutation test reject true null hypotheses."""
    rejected = np.zeros(2)
    for seed in range(30):
        x, y = series(120, 2 * seed), series(120, 2 * seed + 1)
        rejected[0] += wild_bootstrap_test(x, y, ONE, draws=99, memory=15, seed=seed).p_value <= 0.1
        rejected[1] += permutation_test(x, y, ONE, permutations=99, seed=seed).p_value <= 0.1
    assert rejected[0] / 30 < 0.27
    assert rejected[1] / 30 > 0.4
    assert wild_bootstrap_test(series(400, 1), series(400, 2) + 1.5, ONE, draws=99, memory=20).p_value < 0.05


@pytest.mark.parametrize("kernel", [Gaussian(), Energy()], ids=["mmd", "energy"])
@pytest.mark.parametrize("change", [lambda y: y + 0.8, lambda y: 2.5 * y], ids=["mean", "spread"])
def test_the_power(kernel, change):
    assert permutation_test(points(60), change(points(50, seed=1)), kernel, permutations=199).p_value == 1 / 200
    x = points(60)
    assert wild_bootstrap_test(x, change(x), kernel, draws=199).p_value <= 0.02


def test_ties_count():
    """A set against itself, and points that are all one: no relabeling is more extreme than another."""
    x = points(5)
    assert permutation_test(x, x, ONE, permutations=300, estimator="biased").p_value == 1
    same = torch.ones(4, 2)
    assert permutation_test(same, same[:3], ONE).p_value == 1
    assert wild_bootstrap_test(same, same, Energy()).p_value == 1


def test_seeds_dimensions_and_gradients():
    x, y = points(15).reshape(15, 1, 2).float().requires_grad_(), points(12, seed=1).reshape(12, 1, 2).float()
    first, again, other = (permutation_test(x, y, permutations=50, seed=seed) for seed in (1, 1, 2))
    assert first.null.equal(again.null)
    assert not first.null.equal(other.null)
    assert not first.null.requires_grad
    assert first.null.shape == (50,)
    assert not first.exact
    assert permutation_test(x.flatten(1), y.flatten(1), permutations=50, seed=1).p_value == first.p_value


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: permutation_test(x, x[:1]), r"at least 2 samples in every set, got x \[5, 2\], y \[1, 2\]"),
        (lambda x: permutation_test(x, x[:, :1]), r"d the same in every set, got x \[5, 2\], y \[5, 1\]"),
        (lambda x: permutation_test(x, x * float("nan")), "not all finite: 5 of 5 rows of y are not"),
        (lambda x: permutation_test(x, x, permutations=0), "permutations: expected at least 1, got 0"),
        (lambda x: wild_bootstrap_test(x, x[:4]), "as many rows on each side, got 5 and 4"),
        (lambda x: wild_bootstrap_test(x, x, memory=-1), "memory: expected at least 0 rows, got -1"),
        (lambda x: wild_bootstrap_test(x, x, draws=0), "draws: expected at least 1, got 0"),
    ],
)
def test_what_cannot_be_tested(call, message):
    with pytest.raises(MatchZooError, match=message):
        call(points(5))


def test_an_estimator_that_does_not_exist():
    with pytest.raises(DeclarationError, match="estimator: expected one of 'biased', 'unbiased', got 'linear'"):
        permutation_test(points(5), points(5), estimator="linear")
