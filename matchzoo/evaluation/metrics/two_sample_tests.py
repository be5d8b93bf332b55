"""Two-sample tests: the p-value of an MMD, by permutations of the pooled samples or by signs of pairs.

The statistic of every relabeling is a quadratic form uᵀKu of one Gram matrix K of the pooled samples. K is made in
tiles, each once, and multiplied by all relabelings together: memory is that of a tile and of the relabelings.
"""

import itertools
import math
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.kernels import Gaussian, Kernel
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.evaluation.metrics.checking import checked_features

SIDE = 1024
"""Rows and columns of a tile."""
ROUNDING = 1e-12
"""Statistics that differ by less than this share of the mean of \\|K\\| are ties."""


@attrs.frozen(eq=False)
class TwoSampleTest:
    """What a two-sample test found.

    Attributes:
        statistic: squared MMD of the samples as they are labeled.
        p_value: how often a relabeling's statistic is at least as large, the samples' own labels counted among them.
        null: statistics [b] of the relabelings (float64, on the CPU), without that of the samples' own labels unless
            `exact`.
        exact: whether the relabelings are all that there are, not a random choice of them.
    """

    statistic: float
    p_value: float
    null: torch.Tensor
    exact: bool


@checked
def permutation_test(
    x: torch.Tensor,
    y: torch.Tensor,
    kernel: Kernel | None = None,
    *,
    permutations: int = 999,
    estimator: Literal["biased", "unbiased"] = "unbiased",
    seed: int = 0,
) -> TwoSampleTest:
    """Test whether two independent samples have one distribution, by the squared MMD under any kernel.

    The null hypothesis makes the pooled samples exchangeable, so the level is exact at every n: P(p ≤ α) ≤ α, with
    equality where α is a multiple of 1/(1 + ``permutations``) and there are no ties. Under ``Energy()`` it is the test
    of the energy distance. Where no more relabelings exist than permutations are asked for, all are taken.

    Examples:
        >>> permutation_test(torch.randn(100, 2), torch.randn(80, 2) + 0.5).p_value
        0.001

    Args:
        x: [n, …], independent samples; what is not [n, d] is flattened.
        y: [m, …].
        kernel: a Gaussian of the median distance of the pooled samples if not given. Of more than 4000 pooled points
            the median is that of some, and depends on their order, if barely; a bandwidth as a number never does.
        permutations: b ≥ 1 random relabelings, drawn by ``seed``; p = (1 + #{null ≥ statistic}) / (1 + b).
        estimator: of the MMD, as in `squared_mmd`. They order relabelings alike where n = m.
        seed: any.

    Raises:
        MatchZooError: fewer than 2 samples of a set, other dimensions, values that are not finite, or no permutations.

    Source: Gretton et al., A kernel two-sample test, JMLR 2012; Phipson and Smyth, Permutation p-values should never be
    zero, 2010 (the added 1); Székely and Rizzo, 2004 (energy distance).
    """
    pooled, kernel = _pooled(x, y, kernel, "permutations", permutations)
    n, count = len(x), len(pooled)
    exact = math.comb(count, n) <= permutations
    if exact:
        rows = torch.tensor(list(itertools.combinations(range(count), n))).T
    else:
        rng = Step(0, seed).rng("permutations")
        drawn = [torch.randperm(count, generator=rng)[:n] for _ in range(permutations)]
        rows = torch.stack([torch.arange(n), *drawn], 1)
    labels = torch.zeros(count, rows.shape[1], dtype=torch.bool).scatter_(0, rows, True)

    within, row_sums = _quadratic_forms(kernel, pooled, labels, itself=estimator == "biased")
    of_x, total = row_sums @ labels.double(), row_sums.sum()
    across, within_y = of_x - within, total - 2 * of_x + within
    m, less = count - n, 0 if estimator == "biased" else 1
    statistics = within / (n * (n - less)) + within_y / (m * (m - less)) - 2 * across / (n * m)
    return _result(statistics, exact, row_sums)


def wild_bootstrap_test(
    x: torch.Tensor,
    y: torch.Tensor,
    kernel: Kernel | None = None,
    *,
    draws: int = 999,
    memory: float = 0.0,
    seed: int = 0,
) -> TwoSampleTest:
    """Test whether both sides of pairs, or two time series, have one distribution, by the biased squared MMD.

    The statistic of a draw is (1/n²) Σ_ij w_i w_j h(z_i, z_j) for z_i = (x_i, y_i) and h(z, z') = k(x, x') + k(y, y') −
    k(x, y') − k(x', y).

    - Independent pairs (``memory`` 0): w are random signs, each of which swaps a pair. The level is exact where the
      sides of a pair are exchangeable under the null hypothesis (before and after, twins, two renderings of one row);
      all 2ⁿ signs are taken where there are no more than ``draws``. A permutation test would be wrong here: it takes
      the two sides for independent.
    - Pairs in order of time, that depend on their neighbors (``memory`` l > 0): w is a Gaussian process of correlation
      exp(−\\|i − j\\|/l), and the level holds for large n, if l grows with it and more slowly.

    Examples:
        >>> wild_bootstrap_test(before, after).p_value
        >>> wild_bootstrap_test(series, other_series, memory=20).p_value

    Args:
        x: [n, …], row i belongs to row i of the other; what is not [n, d] is flattened.
        y: [n, …].
        kernel: as in `permutation_test`.
        draws: b ≥ 1; p = (1 + #{null ≥ statistic}) / (1 + b).
        memory: l ≥ 0, in rows.
        seed: any.

    Raises:
        MatchZooError: as `permutation_test`; sets of other lengths, or a negative memory.

    Source: Chwialkowski, Sejdinovic and Gretton, A wild bootstrap for degenerate kernel tests, NeurIPS 2014, equation 7
    for w, which is not centered here: h is degenerate under the null hypothesis.
    """
    if len(x) != len(y):
        raise MatchZooError(f"two-sample test: pairs have as many rows on each side, got {len(x)} and {len(y)}")
    if not 0 <= memory < math.inf:
        raise MatchZooError(f"memory: expected at least 0 rows, got {memory}")
    pooled, kernel = _pooled(x, y, kernel, "draws", draws)
    n = len(x)
    exact = memory == 0 and n < 63 and 2**n <= draws
    if exact:
        bits = torch.arange(2**n)[None] >> torch.arange(n)[:, None]
        weights = 1.0 - 2.0 * (bits & 1).double()
    else:
        weights = torch.cat([torch.ones(n, 1, dtype=torch.float64), _process(n, draws, memory, seed)], 1)

    forms, row_sums = _quadratic_forms(kernel, pooled, torch.cat([weights, -weights]), itself=True)
    return _result(forms / n**2, exact, row_sums)


def _process(n: int, draws: int, memory: float, seed: int) -> torch.Tensor:
    """Random signs [n, b], or Gaussian processes of correlation exp(−1/memory) from one row to the next."""
    rng = Step(0, seed).rng("wild bootstrap")
    if memory == 0:
        return 2.0 * torch.randint(2, (n, draws), generator=rng).double() - 1
    noise = torch.randn(n, draws, generator=rng, dtype=torch.float64)
    correlation = math.exp(-1 / memory)
    rows = [noise[0]]
    for row in noise[1:]:
        rows.append(correlation * rows[-1] + math.sqrt(1 - correlation**2) * row)
    return torch.stack(rows)


def _pooled(
    x: torch.Tensor, y: torch.Tensor, kernel: Kernel | None, name: str, draws: int
) -> tuple[torch.Tensor, Kernel]:
    """Both sets as points [n + m, d] in float64, and the kernel with numbers for what depends on them."""
    if draws < 1:
        raise MatchZooError(f"{name}: expected at least 1, got {draws}")
    x, y = (z[:, None] if z.dim() == 1 else z.flatten(1) if z.dim() > 2 else z for z in (x, y))
    x, y = checked_features("two-sample test", x=x, y=y)
    pooled, first, second = torch.cat([x, y]), Samples(x), Samples(y)
    return pooled, (kernel or Gaussian()).resolved(first, second)


def _quadratic_forms(
    kernel: Kernel, points: torch.Tensor, weights: torch.Tensor, *, itself: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """uᵀKu for each column u of weights, and the row sums of K, both on the CPU.

    Args:
        kernel: resolved.
        points: [n, d] float64.
        weights: [n, b], on the CPU.
        itself: whether K keeps its diagonal, which is 0 otherwise.

    Returns:
        [b] and [n], float64.
    """
    forms = points.new_zeros(weights.shape[1])
    row_sums = points.new_zeros(len(points))
    for i, j in itertools.combinations_with_replacement(range(0, len(points), SIDE), 2):
        rows, columns = Samples(points[i : i + SIDE]), Samples(points[j : j + SIDE])
        gram = kernel.gram(rows, rows if i == j else columns)
        if i == j and not itself:
            gram = gram - gram.diagonal().diag()

        left, right = (weights[k : k + SIDE].to(points) for k in (i, j))
        forms += (1 if i == j else 2) * (left * (gram @ right)).sum(0)
        row_sums[i : i + SIDE] += gram.sum(1)
        if i != j:
            row_sums[j : j + SIDE] += gram.sum(0)
    return forms.cpu(), row_sums.cpu()


def _result(statistics: torch.Tensor, exact: bool, row_sums: torch.Tensor) -> TwoSampleTest:
    """The test of statistics [b], the first of which is that of the samples' own labels."""
    tie = ROUNDING * row_sums.abs().sum() / len(row_sums) ** 2
    null = statistics if exact else statistics[1:]
    at_least = int((null >= statistics[0] - tie).sum())
    p_value = at_least / len(null) if exact else (1 + at_least) / (1 + len(null))
    return TwoSampleTest(statistics[0].item(), p_value, null, exact)
