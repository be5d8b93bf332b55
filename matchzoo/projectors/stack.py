"""Several projectors, one on the other, as one."""

from typing import Any

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.projectors.projector import Projector


@declare("stack")
class Stack(Projector):
    """The features of the last of some projectors, each of which takes those of the one before it.

    In a recipe that looks at spaces on the way, name them and use ``on``; this is what a network with its head is
    saved as.
    """

    layers: tuple[Projector, ...] = attrs.field(validator=not_empty())
    """The projectors, the first of which takes samples."""

    def __attrs_post_init__(self) -> None:
        problems = []
        for position, layer in enumerate(self.layers):
            for name in ("on", "init"):
                if getattr(layer, name) is not None:
                    message = "leave it out: a layer takes the features of the one before it, and starts as the stack"
                    problems.append((f"layers[{position}].{name}", message))
        if problems:
            raise DeclarationError(problems)

    @property
    def is_resampled(self) -> bool:
        """Whether a layer is."""
        return any(layer.is_resampled for layer in self.layers)

    def build(self, spec: Spec) -> int:
        """Build them in order; the dimension of the last one."""
        self.path = spec.space
        features = 0
        for position, layer in enumerate(self.layers):
            path = f"{spec.space}.layers[{position}]"
            features = layer.build(attrs.evolve(spec, space=path))
            spec = attrs.evolve(spec, shape=(features,), features=features)
        return features

    def prepare(self, pool: Any) -> None:
        """Refuse layers that are fitted: they look at features that only a projector with a name has."""
        fitted = [position for position, layer in enumerate(self.layers) if layer.keeps_state]
        if fitted:
            message = "is fitted to features, so it cannot be a layer; make it a projector of its own, with on"
            raise DeclarationError([(f"{self.path}.layers[{fitted[0]}]", message)])
        for layer in self.layers:
            layer.prepare(pool)

    def before_step(self, step: Step) -> bool:
        """Let every layer do what is due."""
        changed = [layer.before_step(step) for layer in self.layers]
        return any(changed)

    def after_step(self) -> None:
        """Put the parameters of every layer back into their sets."""
        for layer in self.layers:
            layer.after_step()

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, d]."""
        for layer in self.layers:
            x = layer.project(x)
        return x
