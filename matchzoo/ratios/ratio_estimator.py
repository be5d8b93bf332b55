"""The question of a ratio estimator: what is p/q at these points?"""

from abc import ABC, abstractmethod

import attrs
import torch
from torch import nn

from matchzoo.declare import family
from matchzoo.facts import Facts
from matchzoo.samples import Samples
from matchzoo.step import Step


@attrs.frozen(kw_only=True, eq=False)
class Ratio:
    """An estimated density ratio numerator/denominator.

    Attributes:
        denominator: [m], its values at the denominator's points, differentiable; its expectation there is 1.
    """

    denominator: torch.Tensor

    def diagnostics(self) -> dict[str, float]:
        """What tells whether to trust it: mean (should be 1), minimum (should not be negative), and effective sample
        size (Σ r)² / Σ r², out of m."""
        r = self.denominator.detach()
        ess = (r.sum().square() / r.square().sum().clamp_min(torch.finfo(r.dtype).tiny)).item()
        return {"mean": r.mean().item(), "minimum": r.min().item(), "effective_sample_size": ess}


@family("ratio estimator")
class RatioEstimator(nn.Module, ABC):
    """An estimator of a ratio of densities from samples of both."""

    def build(self, facts: Facts) -> None:
        """Make what is needed for features of ``facts.features`` dimensions."""
        return

    @abstractmethod
    def fit(self, numerator: Samples, denominator: Samples, step: Step) -> Ratio:
        """Estimate the ratio from n samples of the numerator and m of the denominator, values [n, d] and [m, d]."""
