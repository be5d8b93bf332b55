"""The question of a ratio estimator: what is p/q at these points?"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self, final

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import family
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, as_samples, spec_of, unweighted
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.ratios.ratio import Ratio, at_all_samples
from matchzoo.ratios.solving.weighting import spread, with_shares


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
    uses_sample_weights: ClassVar[bool] = False
    """Whether `estimate` counts the weights of samples; where it does not, `fit` refuses samples that have some."""

    def build(self, spec: Spec) -> None:
        """Make what is needed for features of ``spec.features`` dimensions."""
        return

    @final
    def fit(
        self, numerator: torch.Tensor | Samples, denominator: torch.Tensor | Samples, step: Step | None = None
    ) -> Ratio:
        """Estimate the ratio from samples of both distributions.

        Weights u of the numerator's samples and v of the denominator's (`Samples.weights`, of any scale) make every
        mean over p Σ u_i f(x_i) / Σ u_i and every mean over q Σ v_j f(y_j) / Σ v_j: p and q are then the weighted
        distributions, and the ratio is theirs. Samples of weight 0 count in nothing, but have values of the ratio.
        Medians of distances count every pair of the others alike.

        Examples:
            >>> ULSIF().fit(torch.randn(300, 2), 1.5 * torch.randn(200, 2)).diagnostics()
            >>> ULSIF().fit(people, Samples(respondents, weights=survey_weights))

        Args:
            numerator: n samples of p, values [n, d]; `Samples` where they have weights.
            denominator: m samples of q, values [m, d].
            step: whose randomness draws centers and folds; that of seed 0, and nothing needs to be built before, if
                not given.

        Raises:
            MatchZooError: the sets have no such samples, or of different shapes, or the method cannot do with them;
                weights of another length, negative, not finite, or all 0, or the method takes none.
        """
        p, q = as_samples(numerator), as_samples(denominator)
        shape = p.values.shape[1:]
        if q.values.shape[1:] != shape:
            got = f"{list(shape)} and {list(q.values.shape[1:])}"
            raise MatchZooError(f"numerator and denominator have different dimensions: {got}")
        if step is None:
            self.build(spec_of([p, q]))
        step = step or Step(0, 0)
        if p.weights is None and q.weights is None:
            return attrs.evolve(self.estimate(p, q, step), shape=tuple(shape))

        if not self.uses_sample_weights:
            p, q = (unweighted(samples, type(self).__name__) for samples in (p, q))
        (weighted_p, kept_p), (weighted_q, kept_q) = with_shares(p, "numerator"), with_shares(q, "denominator")
        ratio = self.estimate(weighted_p, weighted_q, step)
        of_p, of_q = (
            None if samples.weights is None else spread(samples.weights, kept)
            for samples, kept in ((weighted_p, kept_p), (weighted_q, kept_q))
        )
        whole = at_all_samples(ratio, (p, q), (kept_p, kept_q))
        return attrs.evolve(whole, shape=tuple(shape), shares=(of_p, of_q))

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
        """The method itself: the ratio from n samples of the numerator and m of the denominator.

        Weights, where a set has some (`uses_sample_weights`), are above 0 and of a sum of 1: shares of each sample in a
        mean.
        """
