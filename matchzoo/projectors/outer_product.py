"""Features joined with what a classifier predicts of them: what a conditional critic stands on."""

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


def outer_product(features: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
    """Products z_j p_k of features [n, d] and probabilities [n, c] of each row; [n, d · c], k fastest."""
    return (features[:, :, None] * probabilities[:, None, :]).flatten(1)


@declare("outer-product")
class OuterProduct(Projector):
    """`outer_product` of the features of the space that it stands on and of a head's predictions, softmax(scores), in
    which no gradient passes: a critic that stands on it compares domains class by class (CDAN).

    Source: Long et al., Conditional adversarial domain adaptation, NeurIPS 2018, whose multilinear map this is.
    """

    names_another: ClassVar[bool] = True
    head: str = attrs.field(validator=not_empty())
    """Name of the projector of class scores; it stands on the same space."""

    @property
    def needs(self) -> tuple[str, ...]:
        """What it stands on, and the head."""
        return (*super().needs, self.head)

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the head; raises if there is none of that name, or it stands on another space."""
        head = parts.get(self.head)
        if not isinstance(head, Projector):
            raise DeclarationError([("head", f"unknown projector '{self.head}'{did_you_mean(self.head, parts)}")])
        if head.base != self.on:
            message = f"'{self.head}' stands on '{head.base or 'samples'}'; give both the same"
            raise DeclarationError([("on", message)])
        self.scores = (head,)  # in a tuple: it is not a part of this one

    def build(self, spec: Spec) -> int:
        """The dimension, features times classes; raises without classes."""
        if spec.classes is None:
            raise DeclarationError([("data", "an outer product with predictions needs data with labels")])
        width = int(torch.Size(spec.shape).numel())
        return width * spec.classes

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """[n, …] (flattened to d) → [n, d · c]."""
        with torch.no_grad():
            probabilities = self.scores[0].project(x).softmax(1)
        return outer_product(x.flatten(1), probabilities)
