"""A trained classifier of images: a projector and, on its features, a linear classifier."""

from typing import Any, Protocol

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.resampling import center_crop
from matchzoo.core.spec import Spec
from matchzoo.models.classifiers.classifiers import LinearClassifier


class FeatureMap(Protocol):
    """What a probe needs of its projector, a module as `matchzoo.projectors.Projector` is one."""

    def build(self, spec: Spec) -> Any:
        """Make or load what is needed for samples of ``spec.shape``."""

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Features [n, d] of samples [n, …]."""


@declare
class Probe(nn.Module):
    """Scores of classes: project(x) Wᵀ + b, in the precision of W."""

    projector: FeatureMap
    """The space whose features are classified."""
    size: int | None = attrs.field(default=None, validator=at_least(1))
    """Pixels a side of what is projected, the center of an image; the whole image if not given."""

    def build(self, spec: Spec) -> None:
        """Build the projector, and room for a classifier of ``spec.classes`` on ``spec.features``."""
        self.projector.build(self.seen(spec))
        self.make_room(spec)

    def make_room(self, spec: Spec) -> None:
        """Make the classifier, all zero; raises where the spec does not say what it is of."""
        if not spec.classes or not spec.features:
            raise MatchZooError("a probe needs the numbers of classes and features")
        self.weight = nn.Buffer(torch.zeros(spec.classes, spec.features, dtype=torch.float64))
        self.bias = nn.Buffer(torch.zeros(spec.classes, dtype=torch.float64))
        self.class_names = spec.class_names

    def seen(self, spec: Spec) -> Spec:
        """The spec of what the projector sees."""
        return spec if self.size is None else attrs.evolve(spec, shape=(spec.shape[0], self.size, self.size))

    @torch.no_grad()
    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """Images [n, c, h, w] in [0, 1] (or points) → scores [n, classes], larger is likelier."""
        projected = x if self.size is None else center_crop(x, self.size)
        return LinearClassifier(self.weight, self.bias).scores(self.projector.project(projected))

    def predict(self, x: torch.Tensor) -> list[str]:
        """The name of the class of the largest score of each image of [n, c, h, w]."""
        return [self.class_names[i] for i in self.scores(x).argmax(1).tolist()]
