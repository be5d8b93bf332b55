"""How far two views of the same samples are apart in features, as a learned map of their difference sees it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.numerics.losses import soft_cross_entropy
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.projectors.projector import Projector


def gradient_mismatch(own: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The mean squared difference of two gradients, each minus its mean and divided by its standard deviation, which
    are held fixed, as the other gradient is; a scalar, 2 on average where they have nothing to do with each other.

    Args:
        own: [p], with a graph.
        other: [p].

    Source: Chen et al., Improved test-time adaptation for domain generalization (ITTA), CVPR 2023, section 3.2, with
    the standardization of its released code.
    """
    least = torch.finfo(own.dtype).tiny
    fixed = [gradient.detach() for gradient in (own, other)]
    first, second = (
        (gradient - still.mean()) / still.std().clamp_min(least)
        for gradient, still in zip((own, fixed[1]), fixed, strict=True)
    )
    return (first - second).square().mean()


def _projector(parts: Mapping[str, Part], name: str, field: str) -> Projector:
    projector = parts.get(name)
    if not isinstance(projector, Projector):
        raise DeclarationError([(field, f"unknown projector '{name}'{did_you_mean(name, parts)}")])
    return projector


def _difference(sets: Sequence[Samples], what: str) -> torch.Tensor:
    """z' − z [n, d] of two sets whose rows belong together."""
    first, second = (unweighted(samples, what).values.flatten(1) for samples in sets)
    if first.shape != second.shape:
        message = f"expected two sets of one shape, got {tuple(first.shape)} and {tuple(second.shape)}"
        raise MatchZooError(f"{what}: {message}")
    return second - first


@declare("consistency")
class Consistency(Matcher):
    """mean A(z' − z)² over rows and features: what is left of the difference of two views z and z' of the same samples
    once a map A has weighed it. The views are two sets (``real`` and ``real'``), or one set in two spaces.

    A moves by ``consistency-gradient``. Without a map, ``paired`` is the same times the number of features.

    Source: Chen et al., Improved test-time adaptation for domain generalization (ITTA), CVPR 2023.
    """

    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    through: str = attrs.field(validator=not_empty())
    """Name of the projector that is A, on the space of z."""

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take A; raises if there is none of that name."""
        self.map = (_projector(parts, self.through, "through"),)  # in a tuple, since it is not a part of this

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean of squares; raises for sets of different shapes."""
        return Discrepancy(self.map[0].project(_difference(sets, "consistency")).square().mean())


@declare("consistency-gradient")
class ConsistencyGradient(Matcher):
    """`gradient_mismatch` of the gradient of ``consistency`` and of that of the cross-entropy of both views, with
    respect to the parameters of some projectors: the map A that makes it small is one under which consistency moves a
    network where the loss does.

    For the player that moves A. It steps in one group with the player that moves those projectors, since only then
    their gradients are known; no chunks, no further processes.

    Source: Chen et al., Improved test-time adaptation for domain generalization (ITTA), CVPR 2023.
    """

    needs_inputs: ClassVar[bool] = True
    default_sets: ClassVar[tuple[str, ...]] = ("real",)
    through: str = attrs.field(validator=not_empty())
    """Name of the projector that is A, on the space of z."""
    head: str = attrs.field(validator=not_empty())
    """Name of the projector of class scores, on the space of z."""
    parts: tuple[str, ...] = attrs.field(validator=not_empty())
    """Names of the projectors whose gradients are compared."""

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take A, the head and the projectors; raises where there is none of a name."""
        self.map = (_projector(parts, self.through, "through"),)  # in tuples, since they are no parts of this
        self.scores = (_projector(parts, self.head, "head"),)
        self.compared = tuple(_projector(parts, name, "parts") for name in self.parts)

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mismatch; raises where no gradient reaches the projectors, or a set has no labels."""
        parameters = [p for part in self.compared for p in part.parameters() if p.requires_grad]
        if not parameters or not torch.is_grad_enabled():
            message = "no gradient reaches its parts; let it step in one group with the player that moves them"
            raise MatchZooError(f"consistency-gradient: {message} (trainer.schedule)")

        consistency = self.map[0].project(_difference(sets, "consistency-gradient")).square().mean()
        losses = []
        for samples in sets:
            if samples.labels is None:
                raise DeclarationError([("matcher", "the loss of a classifier needs labels, and a set has none")])
            losses.append(soft_cross_entropy(self.scores[0].project(samples.values), samples.labels, 1.0))
        own = _gradient(consistency, parameters, create_graph=True)
        other = _gradient(torch.stack(losses).sum(), parameters)
        return Discrepancy(gradient_mismatch(own, other))


def _gradient(loss: torch.Tensor, parameters: Sequence[torch.Tensor], create_graph: bool = False) -> torch.Tensor:
    """[p], all parameters one after the other; 0 for those that the loss does not depend on."""
    gradients = torch.autograd.grad(
        loss, list(parameters), create_graph=create_graph, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([gradient.flatten() for gradient in gradients])
