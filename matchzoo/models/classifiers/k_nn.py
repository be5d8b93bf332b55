"""k nearest neighbors."""

from collections.abc import Sequence

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.samples import Samples
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet, accuracy
from matchzoo.models.classifiers.classifiers import FeatureClassifier, probabilities
from matchzoo.models.classifiers.converged import best_of

BLOCK = 1024


@declare("k-nn")
class NearestNeighbors(ClassifierFit):
    """Weighted votes of the k nearest training images, by cosine of un-augmented features.

    A neighbor at cosine s votes with weight exp(s / T); a class without a neighbor is not an answer, so top-5 looks at
    fewer than five classes where the neighbors are of fewer. The candidates for k that exceed the number of training
    images are left out. Source: Wu et al. 2018 (arXiv 1805.01978), as used by DINO (arXiv 2104.14294) with T = 0.07.
    """

    neighbors: Several[int] = attrs.field(default=(1, 5, 10, 20, 50, 100), validator=[at_least(1), not_empty()])
    """Candidates for k; of those that are equally accurate on the validation set the first is taken."""
    temperature: float = attrs.field(default=0.07, validator=positive())
    """T: how fast votes fall with the cosine."""

    def views(self, enough: int, full: bool) -> int:
        """None: un-augmented images."""
        return 0

    def fit(self, sets: Sequence[TrainingSet], validation: Samples, classes: int) -> list[Fitted]:
        """One classifier a set, as `ClassifierFit.fit` says."""
        return [self._fit(one, one.judges_of(validation), classes) for one in sets]

    def _fit(self, one: TrainingSet, validation: Samples, classes: int) -> Fitted:
        features = one.features if one.held_out is None else one.features.rows((~one.held_out).nonzero().flatten())
        assert validation.labels is not None
        sizes = [k for k in self.neighbors if k <= len(features)] or [len(features)]
        candidates = [self._vote(features, classes, k) for k in sizes]
        best = best_of([accuracy(c.scores(validation.values), validation.labels) for c in candidates])
        return Fitted(classifier=self._vote(one.features, classes, sizes[best]), chosen={"neighbors": sizes[best]})

    def _vote(self, features: Samples, classes: int, k: int) -> "Vote":
        assert features.labels is not None
        values = features.values
        return Vote(F.normalize(values), probabilities(features.labels, classes, values), k, self.temperature)


@attrs.frozen(eq=False)
class Vote(FeatureClassifier):
    """Scores: sums of the neighbors' labels [c], each weighted by exp((cosine − 1) / temperature); −∞ of a class that
    no neighbor has.

    Attributes:
        values: [n, d] unit vectors.
        labels: [n, c] probabilities.
    """

    values: torch.Tensor
    labels: torch.Tensor
    neighbors: int
    temperature: float

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """[n, d] → [n, c]."""
        return torch.cat([self._block(rows) for rows in features.to(self.values).split(BLOCK)])

    def _block(self, features: torch.Tensor) -> torch.Tensor:
        nearest, rows = (F.normalize(features) @ self.values.T).topk(self.neighbors, 1)
        labels = self.labels[rows]
        votes = (((nearest - 1) / self.temperature).exp()[..., None] * labels).sum(1)
        return votes.masked_fill(labels.sum(1) == 0, -torch.inf)
