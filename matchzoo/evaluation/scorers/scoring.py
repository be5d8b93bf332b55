"""All scorers by their names, of one candidate among which a choice is to be made."""

from collections.abc import Sequence
from typing import Literal

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.step import Step
from matchzoo.evaluation.scorers.consistency import Predict, circular_accuracy, mixed_agreement
from matchzoo.evaluation.scorers.importance import deep_embedded_risk, importance_weighted_risk
from matchzoo.evaluation.scorers.predictions import (
    matrix_norm,
    mutual_information,
    prediction_entropy,
    soft_neighborhood_density,
)
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression
from matchzoo.ratios import Classifier, RatioEstimator

Scorer = Literal[
    "entropy",
    "mutual-information",
    "soft-neighborhood-density",
    "mano",
    "mixval",
    "circular",
    "importance-weighted",
    "dev",
]
"""Names of the scorers."""
OF_THE_SOURCE = ("circular", "importance-weighted", "dev")
"""Scorers that look at labeled samples of the source, too."""
BACKWARD = 1e-2
"""L2 penalty of the softmax regression that circular validation fits to predicted labels."""


@attrs.frozen(eq=False)
class SourceSide:
    """Labeled samples of the source that a candidate was not trained on.

    Attributes:
        features: [n, k], of the space that the target's features are of.
        logits: class scores [n, C].
        labels: class indices [n].
    """

    features: torch.Tensor
    logits: torch.Tensor
    labels: torch.Tensor


@attrs.frozen(eq=False)
class Candidate:
    """A trained classifier and the unlabeled target that it is rated on.

    Attributes:
        logits: class scores [m, C] of the target.
        samples: the target [m, …], which ``mixval`` mixes.
        predict: samples [k, …] → their predicted classes [k].
        features: of the target [m, k], what the classes are read from; needed by those that look at the source.
        source: needed by the same.
    """

    logits: torch.Tensor
    samples: torch.Tensor
    predict: Predict
    features: torch.Tensor | None = None
    source: SourceSide | None = None


@checked
def scores(
    candidate: Candidate, names: Sequence[Scorer], ratio: RatioEstimator | None = None, seed: int = 0
) -> dict[str, float]:
    """What scorers say of a candidate: of every one, *larger is better*, so entropies and risks are negative numbers.

    Examples:
        >>> scores(Candidate(logits, images, lambda x: network(x).argmax(1)), ["entropy", "mixval"])

    Args:
        candidate: the classifier and the target.
        names: which.
        ratio: estimates p_target / p_source of the features, for importance-weighted and dev; of a linear classifier
            if not given.
        seed: of the pairs that mixval mixes, and of what the ratio draws.

    Raises:
        MatchZooError: a scorer needs the source, and there is none.
    """
    logits = double(candidate.logits)
    known = {
        "entropy": lambda: -prediction_entropy(logits),
        "mutual-information": lambda: mutual_information(logits),
        "soft-neighborhood-density": lambda: soft_neighborhood_density(logits),
        "mano": lambda: matrix_norm(logits),
        "mixval": lambda: mixed_agreement(candidate.samples, candidate.predict, seed=seed).mean,
    }
    wanting = [name for name in names if name in OF_THE_SOURCE]
    if wanting:
        if candidate.source is None or candidate.features is None:
            raise MatchZooError(f"{wanting[0]}: needs labeled samples of the source, and features of both sets")
        source, of_target, of_source = candidate.source, double(candidate.features), double(candidate.source.features)
        losses = F.cross_entropy(double(source.logits), source.labels, reduction="none")
        estimator = ratio or Classifier(features="linear")

        def fit(x: torch.Tensor, answers: torch.Tensor) -> Predict:
            [backward] = fit_softmax_regression(x, answers, logits.shape[1], (BACKWARD,))
            return backward.predict

        def weights() -> torch.Tensor:
            return estimator.fit(of_target, of_source, Step(0, seed)).denominator

        known |= {
            "circular": lambda: circular_accuracy(lambda _: logits.argmax(1), fit, of_source, source.labels, of_target),
            "importance-weighted": lambda: -importance_weighted_risk(losses, weights()),
            "dev": lambda: -deep_embedded_risk(losses, weights()),
        }
    return {name: known[name]() for name in names}
