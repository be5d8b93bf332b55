"""The question of a ratio estimator: what is p/q at these points?"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self, final

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import family
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples, as_samples, spec_of, unweighted
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step


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
    """

    denominator: torch.Tensor
    relative: float = 0.0
    logs: tuple[torch.Tensor, torch.Tensor] | None = None
    matrices: tuple[torch.Tensor, ...] = ()
    chosen: dict[str, float] = attrs.Factory(dict)
    unclipped: torch.Tensor | None = None
    kernel_error: float | None = None
    shape: tuple[int, ...] | None = None
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
        """
        r = double(self.denominator.detach()).cpu()
        mean = (1 - self.relative) * r.mean().item()
        if self.relative:
            mean += self.relative * double(self.numerator.detach()).mean().item()
        ess = (r.sum().square() / r.square().sum().clamp_min(torch.finfo(r.dtype).tiny)).item()
        measured = {"mean": mean, "minimum": r.min().item(), "effective_sample_size": ess}
        if self.unclipped is not None:
            before = double(self.unclipped.detach()).cpu()
            total = before.abs().sum().clamp_min(torch.finfo(before.dtype).tiny)
            measured["clipped_share"] = (before.clamp_max(0).abs().sum() / total).item()
        if self.kernel_error is not None:
            measured["kernel_error"] = self.kernel_error
        conditions = [_condition(matrix) for matrix in self.matrices]
        return measured | ({"condition_number": max(conditions)} if conditions else {})

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


NOWHERE_ELSE = (
    "this method gives the ratio at the denominator's points only; for the numerator's or new points use ulsif, "
    "rulsif, kliep or classifier"
)


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


@family("ratio estimator")
class RatioEstimator(nn.Module, ABC):
    """An estimator of a ratio of densities from samples of both.

    Called, it gives the ratio [m] at the denominator's samples, as a differentiable tensor; `fit` gives the `Ratio`
    with all that is known of it. A method of its own is written by overriding `estimate`.

    Examples:
        >>> p, q = torch.randn(300, 2), 1.5 * torch.randn(200, 2)
        >>> KernelMeanMatching(bandwidths=["median"])(p, q).shape
        torch.Size([200])
    """

    out_of_sample: ClassVar[bool] = True
    """Whether its ratios have values at the numerator's and at new points."""

    def build(self, spec: Spec) -> None:
        """Make what is needed for features of ``spec.features`` dimensions."""
        return

    @final
    def fit(
        self, numerator: torch.Tensor | Samples, denominator: torch.Tensor | Samples, step: Step | None = None
    ) -> Ratio:
        """Estimate the ratio from samples of both distributions.

        Examples:
            >>> ULSIF().fit(torch.randn(300, 2), 1.5 * torch.randn(200, 2)).diagnostics()

        Args:
            numerator: n samples of p, values [n, d].
            denominator: m samples of q, values [m, d].
            step: whose randomness draws centers and folds; that of seed 0, and nothing needs to be built before, if
                not given.

        Raises:
            MatchZooError: the sets have no such samples, or of different shapes, or the method cannot do with them.
        """
        p, q = (unweighted(as_samples(given), "a ratio") for given in (numerator, denominator))
        shape = p.values.shape[1:]
        if q.values.shape[1:] != shape:
            got = f"{list(shape)} and {list(q.values.shape[1:])}"
            raise MatchZooError(f"numerator and denominator have different dimensions: {got}")
        if step is None:
            self.build(spec_of([p, q]))
        return attrs.evolve(self.estimate(p, q, step or Step(0, 0)), shape=tuple(shape))

    def with_chosen(self, chosen: Mapping[str, float]) -> Self:
        """The same estimator with hyper-parameters given, so that nothing is left to choose.

        Args:
            chosen: as `Ratio.chosen` has them: ``bandwidth`` is the field of that name, or the only one of
                ``bandwidths``.
        """
        estimator: Any = self
        names = {field.name for field in attrs.fields(type(estimator))}
        single = {name: value for name, value in chosen.items() if name in names}
        several = {f"{name}s": (value,) for name, value in chosen.items() if f"{name}s" in names}
        given: Self = attrs.evolve(estimator, **single, **several)
        return given

    def forward(
        self, numerator: torch.Tensor | Samples, denominator: torch.Tensor | Samples, step: Step | None = None
    ) -> torch.Tensor:
        """The ratio [m] at the denominator's samples, as `fit` estimates it; differentiable."""
        return self.fit(numerator, denominator, step).denominator

    @abstractmethod
    def estimate(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """The method itself: the ratio from n samples of the numerator and m of the denominator."""
