"""The nearest class mean."""

from collections.abc import Sequence
from typing import ClassVar

from matchzoo.core.declaration.declare import declare
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet
from matchzoo.models.classifiers.classifiers import LinearClassifier, probabilities


@declare("nearest-centroid")
class NearestCentroid(ClassifierFit):
    """The class whose mean of un-augmented features is nearest (L2); nothing is fitted or chosen.

    It is linear: −‖z − μ‖² = 2 μᵀz − ‖μ‖² + what is the same for all classes.
    """

    chooses: ClassVar[bool] = False

    def views(self, enough: int, full: bool) -> int:
        """None: un-augmented images."""
        return 0

    def fit(self, sets: Sequence[TrainingSet], validation: Samples, classes: int) -> list[Fitted]:
        """One classifier a set, as `Protocol.fit` says."""
        fitted = []
        for one in sets:
            assert one.features.labels is not None
            z = double(one.features.values)
            shares = probabilities(one.features.labels, classes, z)
            means = shares.T @ z / shares.sum(0)[:, None]
            fitted.append(Fitted(classifier=LinearClassifier(2 * means, -means.square().sum(1)), chosen={}))
        return fitted
