"""Weights of classes under label shift, and the estimators behind one door."""

from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.choices import checked_fields
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.ratios.label_shift.checking import checked_labels, checked_probabilities
from matchzoo.ratios.label_shift.confusion import black_box_shift
from matchzoo.ratios.label_shift.likelihood import expectation_maximization
from matchzoo.ratios.ratio import Ratio


@attrs.frozen(eq=False)
class ClassRatio:
    """q(y) / p(y) of every class, where p(x|y) is the same on the source (p) and the target (q).

    Attributes:
        weights: w [C], float64, at least 0, Σ p(y) w_y = 1.
        prior: p(y) [C], shares of the source.
        raw: [C], what was estimated before negative weights were set to 0.
    """

    weights: torch.Tensor
    prior: torch.Tensor
    raw: torch.Tensor

    @property
    def shares(self) -> torch.Tensor:
        """q(y) = p(y) w_y [C]: how often every class comes on the target."""
        return self.prior * self.weights

    def of_labels(self, labels: torch.Tensor) -> Ratio:
        """The ratio w_y at source samples of some labels [m] int64: weights of their losses, with diagnostics.

        It is q(x, y) / p(x, y), so it has values where there are labels only.
        """
        return Ratio(denominator=self.weights.to(labels.device)[labels])

    def at(self, probabilities: torch.Tensor) -> torch.Tensor:
        """q(x) / p(x) = Σ_y w_y p(y|x) [k], from a classifier's probabilities [k, C] on the source."""
        return double(probabilities) @ self.weights.to(probabilities.device)

    def adapted(self, probabilities: torch.Tensor) -> torch.Tensor:
        """The predictions q(y|x) ∝ w_y p(y|x) [k, C] on the target, from those p(y|x) [k, C] of the source."""
        weighted = double(probabilities) * self.weights.to(probabilities.device)
        return weighted / weighted.sum(1, keepdim=True)


@attrs.frozen(kw_only=True, field_transformer=checked_fields)
class LabelShift:
    """An estimator of how the shares of classes changed, from a classifier's outputs: `ClassRatio`.

    It stands beside `RatioEstimator`: those take samples of two sets and give a ratio at points; this one takes
    predicted probabilities, labels on one side, and gives a number per class.

    Examples:
        >>> ratio = LabelShift().fit(validation_logits.softmax(1), labels, target_logits.softmax(1))
        >>> ratio.shares, ratio.adapted(target_logits.softmax(1)).argmax(1)

    Attributes:
        method: "maximum-likelihood" (`expectation_maximization`; the most accurate where the classifier is calibrated),
            "bbse" (`black_box_shift` of the likeliest classes) or "bbse-soft" (of the probabilities).
    """

    method: Literal["maximum-likelihood", "bbse", "bbse-soft"] = "maximum-likelihood"

    def fit(self, source: torch.Tensor, labels: torch.Tensor, target: torch.Tensor) -> ClassRatio:
        """Estimate the weights.

        Args:
            source: predicted probabilities [n, C] of source samples that the classifier was not trained on.
            labels: [n] int64, theirs; their shares are the prior.
            target: predicted probabilities [m, C].

        Raises:
            MatchZooError: as `black_box_shift` and `expectation_maximization`.
        """
        classes = checked_probabilities("label shift", source).shape[1]
        labels = checked_labels(labels, len(source), classes)
        prior = double(labels.bincount(minlength=classes)) / len(labels)
        if self.method == "maximum-likelihood":
            raw = expectation_maximization(target, prior).cpu() / prior
            return ClassRatio(raw, prior, raw)

        raw = black_box_shift(source, labels, target, soft=self.method == "bbse-soft")
        clipped = raw.clamp_min(0)
        total = prior @ clipped
        if not total > 0:
            raise MatchZooError("label shift: no class has a positive weight")
        return ClassRatio(clipped / total, prior, raw)
