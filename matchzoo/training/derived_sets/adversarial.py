"""A set of samples that are moved to where a loss is high."""

from collections.abc import Sequence

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher, perturb, steepness_gradient
from matchzoo.training.derived_sets.derived_set import DerivedSet, Embed


@declare("adversarial")
class Adversarial(DerivedSet):
    """Samples moved to where the loss is high and steep: x_i + s n(∇_x [ℓ + ρ ‖∇_θ ℓ‖])_i, each by one length along its
    own gradient (`perturb`), where ℓ is a term of the whole set and θ what the update moves (`steepness_gradient`).

    With ρ = 0 these are one step of adversarial training. With ρ they are the unknown domain of UDIM. Values are not
    clipped. All rows are moved at once, in every process, whatever ``trainer.chunk`` says.

    Source: Shin et al., Unknown domain inconsistency minimization for domain generalization (UDIM), ICLR 2024, whose
    published code normalizes gradients over the batch, and in its single-source script never moves the samples.
    """

    by: Matcher
    """ℓ, a term of one set, such as ``{ kind = "classification", space = "scores" }``."""
    length: float = attrs.field(validator=positive())
    """s, the Euclidean length of the way of each sample."""
    radius: float = attrs.field(default=0.0, validator=at_least(0))
    """ρ; 0 for the gradient of the loss alone."""

    def __attrs_post_init__(self) -> None:
        if self.by.sets is not None:
            raise DeclarationError([("by.sets", "the set is the one that is moved (of); leave it out")])
        if self.by.arity[0] > 1 or len(self.by.spaces) > 1 or self.by.reference.views is not None:
            raise DeclarationError([("by", "expected a term of one set in one space, without a stored reference")])

    @property
    def terms(self) -> tuple[Matcher, ...]:
        """The loss."""
        return (self.by,)

    @property
    def spaces(self) -> dict[str, str | None]:
        """That of the loss."""
        return {"by.space": self.by.spaces[0]}

    @torch.enable_grad()
    def derive(
        self,
        sets: Sequence[Samples],
        embed: Embed,
        parameters: Sequence[nn.Parameter],
        step: Step,
        rng: torch.Generator,
    ) -> Samples:
        """The samples with moved values."""
        [samples] = sets
        inputs = samples.values.detach().requires_grad_()
        loss = self.by.discrepancy([embed(samples.with_values(inputs), self.by.spaces[0])], step).value
        moving = [parameter for parameter in parameters if parameter.requires_grad]
        gradient = steepness_gradient(loss, inputs, moving if self.radius else [], self.radius)
        return samples.with_values(perturb(inputs, gradient, self.length))
