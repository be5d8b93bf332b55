"""An estimated density ratio: its values, and what tells whether to trust it."""

from collections.abc import Callable

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.ratios.solving.weighting import Both, mean, spread

NOWHERE_ELSE = (
    "this method gives the ratio at the denominator's points only; for the numerator's or new points use ulsif, "
    "rulsif, kliep or classifier"
)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Ratio:
    """An estimated density ratio p/q of numerator p and denominator q, or the relative one p / (αp + (1 − α)q).

    Examples:
        >>> ratio = ULSIF().fit(p, q)  # p [n, d], q [m, d]
        >>> ratio
        <Ratio at 200 samples: mean 1.003, smallest 0.02, effective sample size 143.2>
        >>> weighted_mean = (ratio.denominator @ q) / len(q)  # near the mean of p

    Attributes:
        denominator: [m], its values at the denominator's points, differentiable.
        relative: α; 0 for the plain ratio. The expectation of the ratio under αp + (1 − α)q is 1.
        logs: its logarithms at the numerator's and the denominator's points, [n] and [m], where the method estimates
            those; else None.
        matrices: symmetric matrices [k, k] of the linear systems that were solved, for the condition number.
        chosen: the hyper-parameters that were used, those found by cross-validation among them.
        unclipped: [m], the denominator's values before negative ones were set to 0; None where none were to be.
        kernel_error: of a kernel that landmarks stand for, the mean of k(x, x) less what they give; None where the
            kernel is exact.
        shape: of a single point, where that is known: what `at` is given is checked against it.
        shares: of the numerator's samples [n] and the denominator's [m] in means over p and q, of a sum of 1 each;
            None where all count alike.
    """

    denominator: torch.Tensor
    relative: float = 0.0
    logs: tuple[torch.Tensor, torch.Tensor] | None = None
    matrices: tuple[torch.Tensor, ...] = ()
    chosen: dict[str, float] = attrs.Factory(dict)
    unclipped: torch.Tensor | None = None
    kernel_error: float | None = None
    shape: tuple[int, ...] | None = None
    shares: Both = (None, None)
    _numerator: Callable[[], torch.Tensor] | None = None
    _function: Callable[[torch.Tensor], torch.Tensor] | None = None

    @property
    def numerator(self) -> torch.Tensor:
        """[n], its values at the numerator's points, differentiable; raises where the method has none."""
        if self._numerator is None:
            raise MatchZooError(NOWHERE_ELSE)
        return self._numerator()

    def at(self, x: torch.Tensor) -> torch.Tensor:
        """[k], its values at new points [k, d], or [1] at a single point [d] of several features; differentiable.

        Raises:
            MatchZooError: points of another shape, or the method has no values at new points.
        """
        if self._function is None:
            raise MatchZooError(NOWHERE_ELSE)
        return self._function(x if self.shape is None else _points(x, self.shape))

    def mean_over_numerator(self, values: torch.Tensor) -> torch.Tensor:
        """The mean under p of values [n] at the numerator's samples, each by its weight; a scalar, differentiable."""
        return _mean(values, self.shares[0])

    def mean_over_denominator(self, values: torch.Tensor) -> torch.Tensor:
        """The mean under q of values [m] at the denominator's samples, each by its weight; a scalar, differentiable.

        Examples:
            >>> ratio.mean_over_denominator(ratio.denominator * y)  # near the mean of y under p
        """
        return _mean(values, self.shares[1])

    def clipped(self) -> "Ratio":
        """The same with negative values set to 0."""
        numerator, function = self._numerator, self._function
        return attrs.evolve(
            self,
            denominator=self.denominator.clamp_min(0),
            unclipped=self.denominator if self.unclipped is None else self.unclipped,
            numerator=numerator and (lambda: numerator().clamp_min(0)),
            function=function and (lambda x: function(x).clamp_min(0)),
        )

    def mapped(self, function: Callable[[torch.Tensor], torch.Tensor]) -> "Ratio":
        """The same with another function of the values [k] at new points, which checks what it is given."""
        return attrs.evolve(self, function=function, shape=None)

    def diagnostics(self) -> dict[str, float]:
        """What tells whether to trust it.

        ``mean`` should be 1 (the mean of a relative ratio is that under the mixture), ``minimum`` not negative;
        ``effective_sample_size`` is (Σ r)² / Σ r² of the denominator's points, out of m, and ``condition_number`` that
        of the worst linear system, where one was solved. Where negative values were set to 0, ``clipped_share`` is
        Σ max(−r, 0) / Σ |r| of those before: near 0, nothing was lost. Where landmarks stand for a kernel,
        ``kernel_error`` is near 0 if they do so well.

        With weights v of the denominator's samples, v r stands in the place of r in these sums, and samples of weight 0
        count in none of the figures.
        """
        r = double(self.denominator.detach()).cpu()
        expectation = (1 - self.relative) * self.mean_over_denominator(r).item()
        if self.relative:
            expectation += self.relative * self.mean_over_numerator(double(self.numerator.detach())).item()
        carried = self._carried(r)
        ess = (carried.sum().square() / carried.square().sum().clamp_min(torch.finfo(r.dtype).tiny)).item()
        minimum = r.min() if self.shares[1] is None else r[self.shares[1].cpu() > 0].min()
        measured = {"mean": expectation, "minimum": minimum.item(), "effective_sample_size": ess}
        if self.unclipped is not None:
            before = self._carried(double(self.unclipped.detach()).cpu())
            total = before.abs().sum().clamp_min(torch.finfo(before.dtype).tiny)
            measured["clipped_share"] = (before.clamp_max(0).abs().sum() / total).item()
        if self.kernel_error is not None:
            measured["kernel_error"] = self.kernel_error
        conditions = [_condition(matrix) for matrix in self.matrices]
        return measured | ({"condition_number": max(conditions)} if conditions else {})

    def _carried(self, r: torch.Tensor) -> torch.Tensor:
        """What the denominator's samples of weight above 0 carry of values r [m]: v r, or r itself without weights."""
        shares = self.shares[1]
        if shares is None:
            return r
        shares = shares.detach().to(r)
        return (shares * r)[shares > 0]

    def __repr__(self) -> str:
        """One line: how many ratios, and what tells whether to trust them."""
        kind = f", relative to {self.relative:g}" if self.relative else ""
        start = f"<Ratio at {len(self.denominator)} samples{kind}"
        if self.denominator.is_meta:
            return f"{start}>"
        with torch.no_grad():
            measured = attrs.evolve(self, matrices=()).diagnostics()
        size = f"{measured['effective_sample_size']:.1f}"
        return (
            f"{start}: mean {measured['mean']:.4g}, smallest {measured['minimum']:.3g}, effective sample size {size}>"
        )


def _mean(values: torch.Tensor, shares: torch.Tensor | None) -> torch.Tensor:
    """The mean of values [n]; those of a share of 0 count for nothing, be they finite or not."""
    return mean(values if shares is None else values.where(shares.to(values.device) > 0, 0), shares)


def at_all_samples(
    ratio: Ratio, sets: tuple[Samples, Samples], kept: tuple[torch.Tensor | None, torch.Tensor | None]
) -> Ratio:
    """A ratio that was estimated from the samples of weight above 0, with its values at all samples of both sets.

    Args:
        ratio: whose values are at the samples that are kept.
        sets: numerator and denominator, all samples.
        kept: which samples of each were, [n] and [m] bool; None for all.
    """
    others = [
        None if rows is None or bool(rows.all()) else samples.values[~rows]
        for samples, rows in zip(sets, kept, strict=True)
    ]
    if others[0] is None and others[1] is None:
        return ratio
    of_p, of_q = (None if points is None else ratio.at(points) for points in others)
    logs = ratio.logs
    if logs is not None:
        logs = spread(logs[0], kept[0], _log(of_p)), spread(logs[1], kept[1], _log(of_q))
    return attrs.evolve(
        ratio,
        denominator=spread(ratio.denominator, kept[1], of_q),
        logs=logs,
        unclipped=None if ratio.unclipped is None else spread(ratio.unclipped, kept[1], of_q),
        numerator=lambda: spread(ratio.numerator, kept[0], of_p),
    )


def _log(ratio: torch.Tensor | None) -> torch.Tensor | None:
    """The logarithm of values of a ratio, finite where these are 0."""
    return None if ratio is None else ratio.clamp_min(torch.finfo(ratio.dtype).tiny).log()


def _points(x: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """New points [k, …], each of a shape; a single one gets its dimension of samples."""
    if shape == (1,) and x.ndim == 1:
        return x[:, None]
    points = x[None] if x.shape == shape else x
    if points.shape[1:] != shape:
        expected = ", ".join(["k", *map(str, shape)])
        raise MatchZooError(f"ratio: expected new points [{expected}], got {list(x.shape)}")
    return points


def _condition(matrix: torch.Tensor) -> float:
    """Ratio of the extreme eigenvalues of a symmetric matrix; infinite where the smallest is not positive."""
    values = torch.linalg.eigvalsh(matrix.detach().cpu().double())
    low, high = values[0].item(), values[-1].item()
    return high / low if low > 0 else float("inf")
