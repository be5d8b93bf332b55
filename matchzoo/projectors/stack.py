"""Several projectors, one on the other, as one."""

import attrs
import torch

from matchzoo.core.declare import declare
from matchzoo.core.spec import Spec
from matchzoo.core.validators import not_empty
from matchzoo.projectors.projector import Projector


@declare("stack")
class Stack(Projector):
    """The features of the last of some projectors, each of which takes those of the one before it.

    In a recipe that looks at spaces on the way, name them and use ``on``; this is what a network with its head is
    saved as.
    """

    layers: tuple[Projector, ...] = attrs.field(validator=not_empty())
    """The projectors, the first of which takes samples."""

    def build(self, spec: Spec) -> int:
        """Build them in order; the dimension of the last one."""
        features = 0
        for position, layer in enumerate(self.layers):
            path = f"{spec.space}.layers[{position}]"
            features = layer.build(attrs.evolve(spec, space=path))
            spec = attrs.evolve(spec, shape=(features,), features=features)
        return features

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, d]."""
        for layer in self.layers:
            x = layer.project(x)
        return x
