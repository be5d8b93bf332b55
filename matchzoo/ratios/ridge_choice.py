"""The ridge of kernel mean matching, chosen by the squared error of the ratio at samples that were left out."""

from collections.abc import Sequence

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.numerics.kernels import Kernel
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.ratios.basis import folds
from matchzoo.ratios.solving.weighting import Both, Shares, mean, shares_of

RIDGES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1)
"""Ridges over the number of samples of the denominator."""
ROWS = 1000
"""Samples of each set that the choice looks at, at most: each fold decomposes a matrix of that size."""


def ratio_anywhere(
    across_numerator: torch.Tensor,
    across_denominator: torch.Tensor,
    ratio: torch.Tensor,
    ridge: float,
    shares: Both = (None, None),
) -> torch.Tensor:
    """The ratio of kernel mean matching at new points x: ((m/n) k(x, P) 1 − k(x, Q) r) / ε.

    With r = (m/n) (K_qq + εI)⁻¹ K_qp 1, its values at the denominator's samples Q, it minimizes ½ mean_q r² −
    mean_p r + (ε/2m) ‖r‖² over the space of the kernel; at Q it is r itself.

    Args:
        across_numerator: k(x, P) [k, n].
        across_denominator: k(x, Q) [k, m].
        ratio: r [m].
        ridge: ε > 0.
        shares: of the samples of p [n] and of q [m] in these means, of a sum of 1 each; equal ones if None.

    Returns:
        [k].

    Source: Kanamori, Suzuki and Sugiyama, Statistical analysis of kernel-based least-squares density-ratio estimation,
        Machine Learning 2012 (KuLSIF), whose λ is ε / m.
    """
    m, n = across_denominator.shape[1], across_numerator.shape[1]
    of_p, of_q = shares
    total = across_numerator.sum(1) * (m / n) if of_p is None else across_numerator @ of_p * m
    return (total - across_denominator @ (ratio if of_q is None else ratio * of_q * m)) / ridge


@torch.no_grad()
def least_squares_ridge(numerator: Samples, denominator: Samples, kernels: Sequence[Kernel], step: Step) -> float:
    """The ridge, of m times `RIDGES`, of least ½ mean_q r² − mean_p r at samples left out of the fit.

    That is half the squared error of the ratio under q but for a constant. 5 folds of each set, of 1000 samples at
    most; what is compared is ε / m, which is the same for a part of the samples. Of several kernels the mean counts.

    Args:
        numerator: samples of p.
        denominator: m samples of q.
        kernels: resolved.
        step: whose randomness draws the folds.

    Raises:
        MatchZooError: fewer than 2 samples of either.
    """
    if min(len(numerator), len(denominator)) < 2:
        raise MatchZooError("kernel mean matching: to choose a ridge takes 2 samples of each set; give a number")
    some_p, some_q = (_some(samples, step) for samples in (numerator, denominator))
    p, q = (Samples(double(samples.values)) for samples in (some_p, some_q))
    shares = shares_of(some_p, some_q, p.values.device)
    pairs = list(zip(folds(len(p), step), folds(len(q), step), strict=False))
    errors = torch.zeros(len(RIDGES), dtype=torch.float64)
    for kernel in kernels:
        of_q, across, of_p = (kernel.gram(a, b) for a, b in ((q, q), (q, p), (p, p)))
        for held_p, held_q in pairs:
            errors += _held_out(of_q, across, of_p, held_p, held_q, shares).cpu() / len(pairs)
    return RIDGES[int(errors.argmin())] * len(denominator)


def _held_out(
    of_q: torch.Tensor,
    across: torch.Tensor,
    of_p: torch.Tensor,
    held_p: torch.Tensor,
    held_q: torch.Tensor,
    shares: Both,
) -> torch.Tensor:
    """The error [candidates] at rows of p and q that are left out, of Gram matrices [m, m], [m, n] and [n, n]."""
    rest_p, rest_q = (
        torch.ones(len(matrix), dtype=torch.bool, device=matrix.device).index_fill(0, rows.to(matrix.device), False)
        for matrix, rows in ((of_p, held_p), (of_q, held_q))
    )
    held_p, held_q = held_p.to(of_q.device), held_q.to(of_q.device)
    m, n = int(rest_q.sum()), int(rest_p.sum())
    fitted = _part(shares[0], rest_p), _part(shares[1], rest_q)
    left = _part(shares[0], held_p), _part(shares[1], held_q)
    matrix, total = of_q[rest_q][:, rest_q], across[rest_q][:, rest_p]
    total = total.sum(1) * (m / n) if fitted[0] is None else total @ fitted[0] * m
    scale = None if fitted[1] is None else (fitted[1] * m).sqrt()
    if scale is not None:
        matrix, total = matrix * scale * scale[:, None], total * scale
    eigenvalues, vectors = torch.linalg.eigh(matrix)
    turned = vectors.mT @ total

    errors = []
    for candidate in RIDGES:
        ridge = candidate * m
        ratio = vectors @ (turned / (eigenvalues.clamp_min(0) + ridge))
        ratio = ratio if scale is None else ratio / scale
        at_q = ratio_anywhere(across[held_q][:, rest_p], of_q[held_q][:, rest_q], ratio, ridge, fitted)
        at_p = ratio_anywhere(of_p[held_p][:, rest_p], across.mT[held_p][:, rest_q], ratio, ridge, fitted)
        errors.append(mean(at_q.square(), left[1]) / 2 - mean(at_p, left[0]))
    return torch.stack(errors)


def _part(shares: Shares, rows: torch.Tensor) -> Shares:
    """Shares of some rows (bool, or numbers) in a mean over these."""
    if shares is None:
        return None
    part = shares[rows]
    return part / part.sum()


def _some(samples: Samples, step: Step) -> Samples:
    """At most `ROWS` of the samples, drawn at random."""
    if len(samples) <= ROWS:
        return samples
    rows = torch.randperm(len(samples), generator=step.rng("rows of the choice"))[:ROWS].sort().values
    return samples.rows(rows.to(samples.values.device))
