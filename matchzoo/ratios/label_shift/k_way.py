"""Ratios of K densities at once, from one classifier of which set a sample is of."""

import functools
from collections.abc import Callable, Sequence
from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked_fields
from matchzoo.core.declaration.declare import Several
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.bandwidths import Bandwidth, absolute, check_bandwidths
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression

MEDIAN_OF = 2000
"""Samples of which the median distance is taken."""


@attrs.frozen(eq=False)
class KWayRatio:
    """Which of K sets a sample is of, and the ratios of their densities.

    Attributes:
        domains: [n] int64, the set of every sample that it was fitted to, one set after the other.
        shares: p(d) [K], of the samples.
        out_of_fold: p(d|x) [n, K] at every sample, by a classifier that was not fitted to it.
        penalty: that was chosen.
    """

    domains: torch.Tensor
    shares: torch.Tensor
    out_of_fold: torch.Tensor
    penalty: float
    _function: Callable[[torch.Tensor], torch.Tensor]

    def probabilities(self, x: torch.Tensor) -> torch.Tensor:
        """p(d|x) [k, K] at new points [k, d]; those it was fitted to look surer than they are, see `out_of_fold`."""
        return self._function(x)

    def relative(self, x: torch.Tensor) -> torch.Tensor:
        """p(x|d) / p(x) = p(d|x) / p(d) [k, K] at new points [k, d]: each density relative to the mixture of all."""
        return self._function(x) / self.shares

    def between(self, x: torch.Tensor, numerator: int, denominator: int) -> torch.Tensor:
        """The ratio p(x|numerator) / p(x|denominator) [k] of two of the sets at new points [k, d]."""
        relative = self.relative(x)
        return relative[:, numerator] / relative[:, denominator]


@attrs.frozen(kw_only=True, field_transformer=checked_fields)
class KWay:
    """Softmax regression of which of K sets a sample is of: K(K − 1) density ratios, consistent with each other.

    For K = 2 it is what `Classifier` does of the odds. Every sample also gets its probabilities from a classifier
    that was fitted without its fold (cross-fitting), and the penalty of most held-out likelihood is used.

    Examples:
        >>> ratio = KWay(features="linear").fit([first, second, third])  # each [n, d]
        >>> ratio.between(first, 0, 2)  # [n]

    Attributes:
        features: linear, or random-fourier (of a Gaussian kernel).
        count: random Fourier features.
        bandwidth: of random-fourier: a number, "median" or a multiple of the median distance.
        penalties: L2 penalties to choose from.
        folds: K-fold cross-fitting, at least 2.
    """

    features: Literal["linear", "random-fourier"] = "random-fourier"
    count: int = attrs.field(default=400, validator=at_least(1))
    bandwidth: Bandwidth = attrs.field(default="median", validator=check_bandwidths)
    penalties: Several[float] = attrs.field(default=(0.01, 0.03, 0.1, 0.3, 1.0), validator=[positive(), not_empty()])
    folds: int = attrs.field(default=5, validator=at_least(2))

    def fit(self, sets: Sequence[torch.Tensor], seed: int = 0) -> KWayRatio:
        """Estimate all ratios.

        Args:
            sets: K ≥ 2 sets of samples [n, d].
            seed: of the folds and the random features.

        Raises:
            MatchZooError: fewer than 2 sets, other dimensions, or fewer samples in a set than folds.
        """
        if len(sets) < 2 or len({rows.shape[1:] for rows in sets}) > 1 or sets[0].ndim != 2:
            shapes = ", ".join(str(list(rows.shape)) for rows in sets)
            raise MatchZooError(
                f"K-way ratio: expected at least 2 sets [n, d] of one dimension, got {shapes or 'none'}"
            )
        if min(map(len, sets)) < self.folds:
            raise MatchZooError(f"K-way ratio: expected at least {self.folds} samples in every set, one in each fold")
        x = double(torch.cat([rows.detach() for rows in sets]))
        domains = torch.arange(len(sets)).repeat_interleave(torch.tensor([len(rows) for rows in sets])).to(x.device)
        step = Step(0, seed)
        expand = self._expansion(x, step)
        expanded = expand(x)

        predictions = x.new_zeros(len(self.penalties), len(x), len(sets))
        for fold in range(self.folds):
            held = self._fold_of(domains, step) == fold
            fitted = fit_softmax_regression(expanded[~held], domains[~held], len(sets), self.penalties)
            predictions[:, held] = torch.stack([own.scores(expanded[held]).log_softmax(1) for own in fitted])
        likelihoods = predictions[:, torch.arange(len(x)), domains].mean(1)
        best = int(likelihoods.argmax())
        [final] = fit_softmax_regression(expanded, domains, len(sets), self.penalties[best : best + 1])
        return KWayRatio(
            domains=domains,
            shares=double(domains.bincount()) / len(x),
            out_of_fold=predictions[best].exp(),
            penalty=self.penalties[best],
            function=lambda new: final.scores(expand(double(new))).softmax(1),
        )

    def _fold_of(self, domains: torch.Tensor, step: Step) -> torch.Tensor:
        """The fold [n] of every sample; every set is dealt to all of them evenly."""
        folds = torch.empty_like(domains)
        for domain in domains.unique().tolist():
            rows = (domains == domain).nonzero().flatten()
            order = torch.randperm(len(rows), generator=step.rng("folds", domain)).to(rows.device)
            folds[rows[order]] = torch.arange(len(rows), device=rows.device) % self.folds
        return folds

    def _expansion(self, x: torch.Tensor, step: Step) -> Callable[[torch.Tensor], torch.Tensor]:
        """The features that are regressed on."""
        if self.features == "linear":
            return lambda new: new
        some = torch.randperm(len(x), generator=step.rng("median"))[:MEDIAN_OF].to(x.device)
        sample = Samples(x[some])
        s = absolute(self.bandwidth, functools.partial(sample.typical_distance, sample))
        rng = step.rng("random Fourier")
        frequencies = torch.randn(x.shape[1], self.count, generator=rng).to(x) / s
        phases = (2 * torch.pi * torch.rand(self.count, generator=rng)).to(x)
        return lambda new: (2 / self.count) ** 0.5 * torch.cos(new @ frequencies + phases)
