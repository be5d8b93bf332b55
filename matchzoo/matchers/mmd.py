"""Maximum mean discrepancy (MMD)."""

import itertools
from collections.abc import Sequence
from typing import ClassVar, Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, check_bandwidths
from matchzoo.core.numerics.kernel_means import mean_of_pairs
from matchzoo.core.numerics.kernels import Gaussian, Kernel
from matchzoo.core.samples import Samples, as_samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher

Estimator = Literal["biased", "unbiased", "linear", "circular"]
IN_LINEAR_TIME = ("linear", "circular")
ROOT_OFFSET = 1e-6


@checked
def mmd2(
    x: torch.Tensor | Samples,
    y: torch.Tensor | Samples,
    bandwidths: Sequence[Bandwidth],
    estimator: Estimator = "biased",
) -> torch.Tensor:
    """Squared MMD of two samples under Gaussian kernels, summed over bandwidths; a scalar.

    With weights, biased: Σ v_i v_j k(x_i, x_j) − 2 Σ v_i w_j k(x_i, y_j) + Σ w_i w_j k(y_i, y_j), v and w of a sum of 1
    each. So a weight that is a whole number is that many copies of its row.

    Examples:
        >>> mmd2(torch.randn(100, 2), torch.randn(80, 2) + 1, ["median"], "unbiased")
        >>> mmd2(x, Samples(y, weights=KernelMeanMatching()(x, y)), [1.0])  # y weighted to be like x

    Args:
        x: [n, d], or `Samples` with weights [n].
        y: [m, d], or `Samples` with weights [m].
        bandwidths: standard deviations s > 0 of the kernels, or multiples of the median such as ``"0.5*median"``.
        estimator: as in `squared_mmd`.
    """
    return squared_mmd(x, y, Gaussian(bandwidths=bandwidths), estimator)


@checked
def squared_mmd(
    x: torch.Tensor | Samples,
    y: torch.Tensor | Samples,
    kernel: Kernel,
    estimator: Estimator = "biased",
    rng: torch.Generator | None = None,
) -> torch.Tensor:
    """Squared MMD of two sets under any kernel, MMD² = E k(x, x') − 2 E k(x, y) + E k(y, y'); a scalar.

    - ``biased`` takes the means over all pairs (V-statistic): never below 0 but for rounding, and above 0 on average
      where the distributions are equal.
    - ``unbiased`` leaves the pairs of a sample with itself out (U-statistic): right on average, so negative about half
      of the time where the distributions are equal.
    - ``linear`` averages k(x₁, x₂) + k(y₁, y₂) − k(x₁, y₂) − k(x₂, y₁) over disjoint pairs of samples: also unbiased,
      in linear time and with more variance. Pairs are drawn by ``rng``, without which they are neighbors in the order
      that the samples have: that is biased where neighbors are alike, as images in the order of their classes are. Of
      unequal sets it uses as many of each as the smaller has.
    - ``circular`` is the same over the pairs of every sample with the next one, of the last with the first: twice as
      many pairs, each sample in two of them, and less variance for the same cost.

    Weights w of samples, scaled to a sum of 1, take the place of 1/n: ``biased`` has Σ w_i w_j k(x_i, x_j), and
    ``unbiased`` the same over i ≠ j, divided by 1 − Σ w_i².

    Memory is bounded: of more than `matchzoo.core.numerics.kernel_means.LIMIT` pairs the Gram matrices are made in
    tiles, with or without a gradient, and only a second derivative takes the memory of the whole. Time is that of all
    pairs, but for ``linear`` and ``circular``.

    Args:
        x: n samples, values [n, …], with weights or without.
        y: m samples, values [m, …], with weights or without.
        kernel: its bandwidths may be multiples of the median distance of the two sets, every pair of which counts
            alike.
        estimator: see above.
        rng: on the CPU, for ``linear`` and ``circular``.

    Raises:
        MatchZooError: fewer than 2 samples of a set, where the estimator is not ``biased``, or weights, where it is
            ``linear`` or ``circular``.

    Source: Gretton et al., A kernel two-sample test, JMLR 2012, equations 3 and 5, and section 6 (linear); Long et al.,
    Learning transferable features with deep adaptation networks (DAN), ICML 2015, whose code has ``circular``.
    """
    x, y = as_samples(x), as_samples(y)
    n, m = len(x), len(y)
    if estimator != "biased" and min(n, m) < 2:
        raise MatchZooError(f"{estimator} MMD: expected at least 2 samples of each set, got {n} and {m}")
    kernel = kernel.resolved(x, y)
    if estimator in IN_LINEAR_TIME:
        x, y = unweighted(x, f"{estimator} MMD"), unweighted(y, f"{estimator} MMD")
        count = min(n, m) if estimator == "circular" else min(n, m) // 2 * 2
        a, b = (_drawn(samples.values, count, rng).flatten(1) for samples in (x, y))
        if estimator == "circular":
            a1, a2, b1, b2 = a, a.roll(-1, 0), b, b.roll(-1, 0)
        else:
            a1, a2, b1, b2 = a[::2], a[1::2], b[::2], b[1::2]
        own, across = kernel.pairs(a1, a2) + kernel.pairs(b1, b2), kernel.pairs(a1, b2) + kernel.pairs(a2, b1)
        return (own - across).mean()
    itself = estimator == "biased"
    within_x, across = mean_of_pairs(kernel, x, x, itself=itself), mean_of_pairs(kernel, x, y)
    return within_x - 2 * across + mean_of_pairs(kernel, y, y, itself=itself)


def _drawn(values: torch.Tensor, count: int, rng: torch.Generator | None) -> torch.Tensor:
    if rng is None:
        return values[:count]
    return values[torch.randperm(len(values), generator=rng)[:count].to(values.device, non_blocking=True)]


@declare("mmd")
class MMD(Matcher):
    """Maximum mean discrepancy: MMD² under Gaussian kernels, summed over bandwidths, or under another kernel.

    The root is sqrt(max(MMD², 0) + 1e-6), whose slope at 0 is finite; where an unbiased MMD² is negative it has none.

    Examples:
        >>> MMD(bandwidths=[0.5, 1.0])(torch.randn(100, 2), torch.randn(80, 2))  # a scalar
    """

    arity: ClassVar[tuple[int, int | None]] = (2, None)
    bandwidths: Several[Bandwidth] | None = attrs.field(default=None, validator=check_bandwidths)
    """Standard deviations of Gaussian kernels: numbers, or multiples of the median or of the root mean square distance
    (rms) of the two sets, such as "0.5*median" or "0.5*rms"."""
    kernel: Kernel | None = None
    """Another kernel, in place of bandwidths."""
    estimator: Estimator = "biased"
    """biased (V-statistic), unbiased (U-statistic, may be negative), or in linear time over pairs of samples that are
    resampled each step, disjoint ones (linear) or all neighbors in a circle (circular): unbiased too."""
    root: bool = False
    """Minimize the root of MMD², as the published GRAM-net and MMD-net code does."""

    def __attrs_post_init__(self) -> None:
        if (self.bandwidths is None) == (self.kernel is None):
            given = "neither" if self.kernel is None else "both"
            raise DeclarationError([("bandwidths", f"expected either bandwidths or a kernel, got {given}")])
        self.chosen = self.kernel or Gaussian(bandwidths=self.bandwidths or ())

    @property
    def uses_sample_weights(self) -> bool:
        """But where the estimator is one in linear time."""
        return self.estimator not in IN_LINEAR_TIME

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """MMD² (or its root) of two sets; of more, the mean over all pairs of sets."""
        rng = step.rng("pairs") if self.estimator in IN_LINEAR_TIME else None
        pairs = list(itertools.combinations(sets, 2))
        values = [squared_mmd(x, y, self.chosen, self.estimator, rng) for x, y in pairs]
        value = values[0] if len(values) == 1 else torch.stack(values).mean()
        return Discrepancy((value.clamp_min(0) + ROOT_OFFSET).sqrt() if self.root else value)
