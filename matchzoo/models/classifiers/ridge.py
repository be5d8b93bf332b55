"""Ridge regression on one-hot targets."""

from collections.abc import Sequence
from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import not_empty, positive
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet
from matchzoo.models.classifiers.classifiers import LinearClassifier, probabilities, standardize
from matchzoo.models.classifiers.converged import fit_best


@declare("ridge")
class Ridge(ClassifierFit):
    """Least squares on one-hot targets with an L2 penalty, in closed form."""

    penalties: Several[float] = attrs.field(
        default=(100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003), validator=[positive(), not_empty()]
    )
    """Candidates for the L2 penalty, on features of unit scale; of those that are equally accurate the first is taken,
    so best in descending order."""

    def fit(self, sets: Sequence[TrainingSet], validation: Samples, classes: int) -> list[Fitted]:
        """One classifier a set, as `ClassifierFit.fit` says."""
        return [fit_best(_without_start, one, validation, classes, self.penalties) for one in sets]


def _without_start(*problem: Any) -> list[LinearClassifier]:
    return fit_ridge(*problem[:-1])


def fit_ridge(
    features: torch.Tensor, labels: torch.Tensor, classes: int, penalties: Sequence[float]
) -> list[LinearClassifier]:
    """Minimize ‖Z Wᵀ + b − Y‖² / n + λ ‖W‖² for each penalty λ, from one decomposition in float64.

    W acts on features that are centered and divided by one scale (`standardize`); the bias is free.

    Args:
        features: [n, d].
        labels: [n] int64, or probabilities [n, c].
        classes: c.
        penalties: λ > 0.

    Returns:
        A classifier a penalty.
    """
    z = double(features)
    targets = probabilities(labels, classes, z)
    mean, scale = standardize(z)
    z, average = (z - mean) / scale, targets.mean(0)
    n, d = z.shape
    # the smaller of the two Gram matrices: W = (Zᵀ Z / n + λ)⁻¹ Zᵀ Y / n = Zᵀ (Z Zᵀ / n + λ)⁻¹ Y / n
    wide = n < d
    squares, axes = torch.linalg.eigh((z @ z.T if wide else z.T @ z) / n)
    turned = axes.T @ ((targets - average) if wide else z.T @ (targets - average)) / n
    fitted = []
    for penalty in penalties:
        solution = axes @ (turned / (squares.clamp_min(0) + penalty)[:, None])
        weight = (z.T @ solution if wide else solution).T / scale
        fitted.append(LinearClassifier(weight, average - weight @ mean))
    return fitted
