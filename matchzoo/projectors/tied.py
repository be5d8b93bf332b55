"""The same network on other features: a second way through shared layers."""

from collections.abc import Mapping
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError, did_you_mean
from matchzoo.core.part import Part
from matchzoo.core.spec import Spec
from matchzoo.projectors.projector import Projector


@declare("tied")
class Tied(Projector):
    """Another projector, applied to the features that this one stands on: it has no parameters of its own, and its
    gradients are those of the other's.

    So layers that follow an altered space (``mix-style``) are those that follow the space as it is.
    """

    names_another: ClassVar[bool] = True
    of: str = attrs.field(validator=not_empty())
    """Name of the projector that it applies; what that one stands on has as many features as what this one does."""

    @property
    def needs(self) -> tuple[str, ...]:
        """What it applies, and what it stands on."""
        return (self.of, *super().needs)

    @property
    def shares(self) -> tuple[str, ...]:
        """What it applies."""
        return (self.of,)

    @property
    def is_resampled(self) -> bool:
        """Whether what it applies is."""
        return self.applied[0].is_resampled

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the projector that it applies; raises if there is none of that name."""
        applied = parts.get(self.of)
        if not isinstance(applied, Projector):
            raise DeclarationError([("of", f"unknown projector '{self.of}'{did_you_mean(self.of, parts)}")])
        self.applied = (applied,)  # in a tuple: it is not a part of this one

    def build(self, spec: Spec) -> int:
        """The dimension of what it applies; nothing is made."""
        return int(spec.features or 0)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] → [n, d]."""
        return self.applied[0].project(x)
