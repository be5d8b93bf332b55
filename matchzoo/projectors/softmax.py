"""Class probabilities as a space."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.projectors.projector import Projector


@declare("softmax")
class Softmax(Projector):
    """softmax(scores / T) of the class scores that it stands on: predictions as features, whose distributions terms
    compare; gradients flow through it.

    Examples:
        >>> Softmax(on="scores")(torch.randn(5, 10)).sum(1)  # ones
    """

    temperature: float = attrs.field(default=1.0, validator=positive())
    """T; above 1 probabilities are more even."""

    def __attrs_post_init__(self) -> None:
        if self.on is None:
            raise DeclarationError([("on", "missing: name the projector whose features are class scores")])

    def build(self, spec: Spec) -> int:
        """The number of scores; nothing is made."""
        return int(torch.Size(spec.shape).numel())

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, c] → [n, c], rows that sum to 1."""
        return (x.flatten(1) / self.temperature).softmax(1)
