"""f-divergences read off a density ratio."""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core import findings as limits
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.core.findings import Course, at_the_end
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.ratios.ratio import NOWHERE_ELSE, Ratio
from matchzoo.ratios.ratio_estimator import RatioEstimator

SMALLEST = 1e-6
"""Ratios below this are raised to it before a logarithm is taken of them."""
LOG_2 = 0.6931471805599453


def pearson(ratio: torch.Tensor) -> torch.Tensor:
    """Pearson divergence from a ratio p/q at samples of q: mean((r − 1)²), a scalar ≥ 0.

    Args:
        ratio: r [m] at the denominator's samples.

    Source: Srivastava et al., Generative ratio matching networks, ICLR 2020 (in population equal to E_q[r²] − 1).
    """
    return (ratio - 1).square().mean()


Term = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@attrs.frozen
class Divergence:
    """D_f(p, q) = E_q f(p/q) of a convex f with f(1) = 0, by functions of a ratio r [n] and its logarithm
    [n], row by row.

    Attributes:
        plain: f(r), [n].
        centered: f(r) − f'(1)(r − 1), [n], the same in expectation and never negative.
        at_numerator: f'(r), [n], whose mean under p counts in the lower bound.
        at_denominator: f(r) − r f'(r), [n], whose mean under q counts in it.
        takes_log: whether any of them uses the logarithm.
    """

    plain: Term
    centered: Term
    at_numerator: Term
    at_denominator: Term
    takes_log: bool = True


def _js(log: torch.Tensor) -> torch.Tensor:
    """½ log(2r / (1 + r)) of log r."""
    return (LOG_2 - F.softplus(-log)) / 2


DIVERGENCES = {
    "pearson": Divergence(
        plain=lambda r, log: r.square() - 1,
        centered=lambda r, log: (r - 1).square(),
        at_numerator=lambda r, log: 2 * r,
        at_denominator=lambda r, log: -r.square() - 1,
        takes_log=False,
    ),
    "kl": Divergence(
        plain=lambda r, log: r * log,
        centered=lambda r, log: r * log - r + 1,
        at_numerator=lambda r, log: log + 1,
        at_denominator=lambda r, log: -r,
    ),
    "reverse-kl": Divergence(
        plain=lambda r, log: -log,
        centered=lambda r, log: r - 1 - log,
        at_numerator=lambda r, log: -torch.exp(-log),
        at_denominator=lambda r, log: 1 - log,
    ),
    "jensen-shannon": Divergence(
        plain=lambda r, log: r * _js(log) + _js(-log),
        centered=lambda r, log: r * _js(log) + _js(-log),
        at_numerator=lambda r, log: _js(log),
        at_denominator=lambda r, log: _js(-log),
    ),
}


def f_divergence(ratio: Ratio, divergence: str = "pearson", form: str = "centered") -> torch.Tensor:
    """An f-divergence of numerator from denominator, read off an estimated ratio; a scalar.

    Of a relative ratio it is the divergence of the numerator from the mixture αp + (1 − α)q, whose mean takes the place
    of the denominator's; samples count by their weights, if they have some. Where a logarithm is needed and the method
    estimates none, ratios below 1e-6 are raised to it.

    Examples:
        >>> f_divergence(ULSIF().fit(p, q), "kl", "lower-bound")

    Args:
        ratio: as an estimator gives it.
        divergence: as in `RatioMatcher`.
        form: as in `RatioMatcher`.
    """
    f = DIVERGENCES[divergence]

    def side(numerator: bool) -> tuple[torch.Tensor, torch.Tensor]:
        r = ratio.numerator if numerator else ratio.denominator
        if not f.takes_log:
            return r, r
        if ratio.logs is not None:
            return r, ratio.logs[0 if numerator else 1]
        r = r.clamp_min(SMALLEST)
        return r, r.log()

    bound = form == "lower-bound"
    term = f.at_denominator if bound else f.centered if form == "centered" else f.plain
    value = ratio.mean_over_denominator(term(*side(False)))
    if ratio.relative:
        value = (1 - ratio.relative) * value + ratio.relative * ratio.mean_over_numerator(term(*side(True)))
    return value + ratio.mean_over_numerator(f.at_numerator(*side(True))) if bound else value


@declare("ratio")
class RatioMatcher(Matcher):
    """An f-divergence D(p, q) of real p from synthetic q, from an estimated ratio r = p/q; larger is farther apart.

    | divergence | mean over synthetic samples of | lower bound |
    | --- | --- | --- |
    | `pearson` | (r − 1)²; `second-moment`: r² − 1 | 2 E_p r − E_q r² − 1 |
    | `kl` | r log r − r + 1; `plain`: r log r | E_p log r − E_q r + 1 |
    | `reverse-kl` | r − 1 − log r; `plain`: −log r | 1 − E_p 1/r − E_q log r |
    | `jensen-shannon` | ½ (r log 2r/(1+r) + log 2/(1+r)) | ½ (E_p log 2r/(1+r) + E_q log 2/(1+r)) |

    ``centered`` (the default) and ``plain`` (Pearson's is called ``second-moment``) are equal in expectation, since
    E_q r = 1; ``centered`` is never negative. They see the ratio at synthetic samples only. ``lower-bound`` is the
    variational one: in expectation never above the divergence, for any ratio that was estimated from other samples (on
    the same samples it can be); it needs the ratio at real samples too.

    A projector *maximizes* it (GRAM-nets), a generator minimizes it. The regularizer keeps estimated ratios from going
    negative: ``clip`` sets negative ones to 0; ``mean`` and ``sum`` add ``strength`` times the mean or the sum of the
    ratios at synthetic samples, which pushes them up as a whole (where the term is maximized) and guarantees nothing
    for a single one. Weights of samples count in the estimate and in all means (`RatioEstimator.fit`).

    Examples:
        >>> RatioMatcher(estimator=KernelMeanMatching(bandwidths=["median"]))(real, synthetic)  # a scalar

    Source: Nguyen, Wainwright and Jordan, IEEE Transactions on Information Theory 2010 (lower bounds);
    Srivastava et al., ICLR 2020.
    """

    estimator: RatioEstimator
    """How the ratio is estimated."""
    divergence: Literal["pearson", "kl", "reverse-kl", "jensen-shannon"] = "pearson"
    """Which f-divergence of real from synthetic samples."""
    form: Literal["centered", "plain", "second-moment", "lower-bound"] = "centered"
    """centered, plain (of pearson: second-moment) or lower-bound."""
    regularizer: Literal["none", "clip", "mean", "sum"] = "clip"
    """Against negative ratios: none, clip at 0, or reward their mean or sum."""
    strength: float = attrs.field(default=1.0, validator=at_least(0))
    """Factor of the mean or sum."""

    def __attrs_post_init__(self) -> None:
        right = "second-moment" if self.divergence == "pearson" else "plain"
        if self.form in ("second-moment", "plain") and self.form != right:
            raise DeclarationError([("form", f"'{self.form}' of {self.divergence} is called '{right}'")])
        if self.form == "lower-bound" and not self.estimator.out_of_sample:
            raise DeclarationError([("form", f"'lower-bound' needs ratios at real samples: {NOWHERE_ELSE}")])

    @property
    def uses_sample_weights(self) -> bool:
        """Where the estimator does."""
        return self.estimator.uses_sample_weights

    def build(self, spec: Spec) -> None:
        """Build the estimator."""
        self.estimator.build(spec)

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The divergence plus the regularizer, a scalar."""
        real, synthetic = sets
        ratio = self.estimator.fit(numerator=real, denominator=synthetic, step=step)
        detached = _without_graph(ratio)
        if self.regularizer == "clip":
            ratio = ratio.clipped()
        value = f_divergence(ratio, self.divergence, self.form)
        if self.regularizer in ("mean", "sum"):
            average = ratio.mean_over_denominator(ratio.denominator)
            total = ratio.denominator.sum() if synthetic.weights is None else len(synthetic) * average
            value = value + self.strength * (average if self.regularizer == "mean" else total)
        return Discrepancy(value, functools.partial(ratio_diagnostics, detached), ratio=detached)

    def findings(self, course: Course) -> Iterator[str]:
        """Ratios far below 0, and a handful of samples that carries all weight, at the end of a run."""
        minimum = at_the_end(course.get("minimum", ()))
        if minimum is not None and minimum < limits.SMALLEST_RATIO:
            yield f"the smallest ratio is {minimum:.0f}, far below 0: raise the ridge, or lower the learning rate"
        share = at_the_end(course.get("effective_share", ()))
        if share is not None and share < limits.EFFECTIVE_SHARE:
            yield f"{share:.1%} of the samples carry the ratio's weights: raise the ridge, or lower the learning rate"


def ratio_diagnostics(ratio: Ratio, thorough: bool = False) -> dict[str, float]:
    """What an estimate looks like at the m synthetic samples, before any clipping.

    ``mean`` should be 1 and ``minimum`` not negative; ``negative_share`` of the ratios are below 0, and
    ``effective_share`` is the effective sample size over m. ``condition_number``, of the worst linear system that was
    solved, needs all its eigenvalues (2 ms for m = 200, one thread), so it is there only if ``thorough``.
    """
    measured = (ratio if thorough else attrs.evolve(ratio, matrices=())).diagnostics()
    measured["effective_share"] = measured.pop("effective_sample_size") / len(ratio.denominator)
    measured["negative_share"] = ratio.mean_over_denominator((ratio.denominator < 0).float()).item()
    return {name: value for name, value in measured.items() if math.isfinite(value)}


def _without_graph(ratio: Ratio) -> Ratio:
    """What diagnostics need of a ratio, without a copy and without what leads back to the samples."""
    numerator = None
    if ratio.relative:
        with torch.no_grad():
            values = ratio.numerator
        numerator = lambda: values  # noqa: E731
    of_p, of_q = ratio.shares
    return Ratio(
        denominator=ratio.denominator.detach(),
        relative=ratio.relative,
        matrices=tuple(matrix.detach() for matrix in ratio.matrices),
        shares=(of_p if of_p is None else of_p.detach(), of_q if of_q is None else of_q.detach()),
        numerator=numerator,
    )
