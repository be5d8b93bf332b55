"""Sets of samples that a recipe makes of others in every update."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher, perturb, steepness_gradient


@family("set")
class DerivedSet(nn.Module, ABC):
    """A set that is made of another one, row by row, as the parts are at the beginning of an update; terms name it as
    they do splits of the data. No gradient passes through how it was made."""

    of: str = attrs.field(default="real", validator=not_empty())
    """Name of the set that it is made of: a split of the data, or ``environment``."""

    @property
    def terms(self) -> tuple[Matcher, ...]:
        """Terms that it evaluates, which are built with those of the players."""
        return ()

    @abstractmethod
    def derive(
        self,
        samples: Samples,
        embed: Callable[[Samples, Matcher], Samples],
        parameters: Sequence[nn.Parameter],
        step: Step,
    ) -> torch.Tensor:
        """The values [n, …] of the set, without a graph.

        Args:
            samples: that it is made of, with their views.
            embed: their features in the space of a term.
            parameters: that the update moves.
            step: whose randomness draws what is random.
        """


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

    @torch.enable_grad()
    def derive(
        self,
        samples: Samples,
        embed: Callable[[Samples, Matcher], Samples],
        parameters: Sequence[nn.Parameter],
        step: Step,
    ) -> torch.Tensor:
        """The moved values."""
        inputs = samples.values.detach().requires_grad_()
        loss = self.by.discrepancy([embed(samples.with_values(inputs), self.by)], step).value
        moving = [parameter for parameter in parameters if parameter.requires_grad]
        gradient = steepness_gradient(loss, inputs, moving if self.radius else [], self.radius)
        return perturb(inputs, gradient, self.length)
