"""How far a field has moved from what it was: at the points of flow matching, and what the two together learn."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.generators import Flow, NoiseGenerator
from matchzoo.matchers import FieldDistance, field_distance, flow_matching_loss
from matchzoo.models.networks import MLP


def bound(**words) -> tuple[FieldDistance, Flow]:
    flow = Flow(network=MLP(widths=[8]), **words)
    flow.build(Spec(shape=(2,), classes=3))
    term = FieldDistance()
    term.bind({"generator": flow})
    return term, flow


@pytest.mark.parametrize("words", [{}, {"average": 0.5}, {"conditional": True}])
def test_it_is_zero_until_the_field_moves(words):
    term, flow = bound(**words)
    samples, step = Samples(torch.randn(6, 2), torch.arange(6) % 3, weights=torch.arange(6.0)), Step(3, 0)
    assert term.discrepancy([samples], step).value == 0
    before = flow.fixed_field()
    with torch.no_grad():
        flow.network.layers[0].bias.add_(1.0)

    rng = step.rng("flow-matching")
    noise, time = torch.randn(6, 2, generator=rng), torch.rand(6, generator=rng)
    points = flow.path.between(noise, samples.values, time)
    labels = samples.labels if words.get("conditional") else None
    expected = (flow.velocity(points, time, labels) - before(points, time, labels)).square().mean()
    value = term.discrepancy([samples], step).value
    torch.testing.assert_close(value, expected)  # all rows alike
    assert value > 0
    value.backward()
    assert all(p.grad is None for p in term.parameters())
    assert any(key.startswith("reference_field.") for key in term.state_dict())


def test_the_least_of_both_lies_between_the_target_and_the_reference():
    """At v = (u + α v_ref) / (1 + α) the gradient of loss + α distance is zero."""
    noise, data, reference = torch.randn(3, 5, 2, dtype=torch.float64).unbind()
    time, alpha = torch.rand(5), 0.7
    v = (((data - noise) + alpha * reference) / (1 + alpha)).requires_grad_()
    (flow_matching_loss(v, noise, data, time) + alpha * field_distance(v, reference)).backward()
    torch.testing.assert_close(v.grad, torch.zeros_like(v), atol=1e-12, rtol=0)


def test_it_needs_a_flow():
    with pytest.raises(MatchZooError, match="it has no field yet"):
        FieldDistance()(torch.randn(3, 2))
    with pytest.raises(DeclarationError, match='must be of kind "flow"'):
        FieldDistance().bind({"generator": NoiseGenerator(dimension=2, network=MLP())})
