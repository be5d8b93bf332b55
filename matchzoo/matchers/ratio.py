"""f-divergences read off a density ratio."""

from collections.abc import Sequence
from typing import Literal

import attrs
import torch

from matchzoo.declare import at_least, declare
from matchzoo.facts import Facts
from matchzoo.matchers.matcher import Matcher
from matchzoo.ratios.ratio_estimator import RatioEstimator
from matchzoo.samples import Samples
from matchzoo.step import Step


def pearson(ratio: torch.Tensor) -> torch.Tensor:
    """Pearson divergence from a ratio p/q at samples of q: mean((r − 1)²), a scalar ≥ 0.

    Args:
        ratio: r [m] at the denominator's samples.

    Source: Srivastava et al., Generative ratio matching networks, ICLR 2020 (in population equal to E_q[r²] − 1).
    """
    return (ratio - 1).square().mean()


@declare("ratio")
class RatioMatcher(Matcher):
    """The divergence of the real from the synthetic samples, from a ratio real/synthetic at the synthetic ones.

    A projector *maximises* it (GRAM-nets). The regularizer keeps estimated ratios from going negative: ``clip`` sets
    negative ones to 0; ``mean`` and ``sum`` add ``strength`` times the mean or the sum of the ratios, which pushes
    them up as a whole and guarantees nothing for a single one.
    """

    estimator: RatioEstimator
    """How the ratio is estimated."""
    divergence: Literal["pearson"] = "pearson"
    """Which f-divergence: pearson is mean((r − 1)²)."""
    regularizer: Literal["none", "clip", "mean", "sum"] = "clip"
    """Against negative ratios: none, clip at 0, or reward their mean or sum."""
    strength: float = attrs.field(default=1.0, validator=at_least(0))
    """Factor of the mean or sum."""

    def build(self, facts: Facts) -> None:
        """Build the estimator."""
        self.estimator.build(facts)

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> torch.Tensor:
        """The divergence plus the regularizer, a scalar."""
        real, synthetic = sets
        ratio = self.estimator.fit(numerator=real, denominator=synthetic, step=step).denominator
        if self.regularizer == "clip":
            return pearson(ratio.clamp_min(0))
        if self.regularizer == "mean":
            return pearson(ratio) + self.strength * ratio.mean()
        if self.regularizer == "sum":
            return pearson(ratio) + self.strength * ratio.sum()
        return pearson(ratio)
