"""How far a flow's field has moved from what it was."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.pairs.flow_matching import classes_of, flow_of, noise_and_time
from matchzoo.models.fields.field import Velocity


def field_distance(velocity: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Mean over rows and numbers of (v − v_ref)², a scalar, of two fields [n, …] at the same points and times.

    Over the points of the flow itself, d e^(2 L) times it bounds the squared Wasserstein distance W₂² of what both
    fields make of the same noise, where v_ref has the Lipschitz constant L and d numbers.
    """
    return (velocity - reference.detach()).square().mean()


@declare("field-distance")
class FieldDistance(Matcher):
    """E |v(x_t, t) − v_ref(x_t, t)|² over the points of `FlowMatching` on the same set, with v_ref the field that the
    generator had before the first step (its average, where it keeps one): a fixed copy, which checkpoints hold.

    Beside ``flow-matching`` on samples that are weighted by a reward it keeps the flow near to where it started
    (``generator.init``). All rows count equally, whatever their weights.

    Source: Fan et al., Online reward-weighted fine-tuning of flow matching with Wasserstein regularization
    (ORW-CFM-W2), ICLR 2025, whose α is the ``weight`` of the term.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    default_sets: ClassVar[tuple[str, ...]] = ("real",)

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the flow and copy its field; raises unless the generator is one, and the term is in its space."""
        flow = flow_of(self, "field-distance", parts)
        self.flow = (flow,)  # in a tuple, since it is a part of its own
        self.reference_field: Velocity = flow.fixed_field()

    @property
    def uses_sample_weights(self) -> bool:
        """It takes them, but all rows count equally: weights say what is fitted, not where the field may stay."""
        return True

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean square on one set, at the points that the step decides."""
        if not hasattr(self, "flow"):
            raise MatchZooError("field-distance: it has no field yet; in your own training loop use field_distance")
        flow, samples = self.flow[0], sets[0]
        data = flow.encoded(samples.values)
        noise, time = noise_and_time(data, step.rng("flow-matching"))
        points = flow.path.between(noise, data, time)
        labels = classes_of(samples) if flow.conditional else None
        with torch.no_grad():
            reference = self.reference_field.average(points, time, labels)
        return Discrepancy(field_distance(flow.velocity(points, time, labels), reference))
