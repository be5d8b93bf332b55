"""The regression of a field: by hand, at its optimum, and coupled by plans."""

import pytest
import torch
from helpers.fields import CENTERS, STD, ring_field

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.generators import Flow, NoiseGenerator
from matchzoo.matchers import FlowMatching, flow_matching_loss
from matchzoo.matchers.pairs.flow_matching import paired_noise
from matchzoo.models.fields import Straight, VariancePreserving
from matchzoo.models.networks import MLP
from matchzoo.models.transport import Exact, Sinkhorn


def bound(term: FlowMatching, **words) -> tuple[FlowMatching, Flow]:
    flow = Flow(network=MLP(widths=[8]), **words)
    flow.build(Spec(shape=(2,), classes=3))
    term.bind({"generator": flow})
    return term, flow


def test_by_hand():
    term, flow = bound(FlowMatching(), path=VariancePreserving())
    data, step = torch.randn(6, 2), Step(3, 0)
    rng = step.rng("flow-matching")
    noise, time = torch.randn(6, 2, generator=rng), torch.rand(6, generator=rng)
    points = flow.path.between(noise, data, time)
    expected = (flow.velocity(points, time) - flow.path.velocity(noise, data, time)).square().mean()
    torch.testing.assert_close(term.discrepancy([Samples(data)], step).value, expected)


def test_the_exact_field_is_where_its_gradient_vanishes():
    """Of all multiples of the exact field the field itself has the least loss, within the error of the draws."""
    rng = torch.Generator().manual_seed(0)
    kwargs = {"generator": rng, "dtype": torch.float64}
    data = CENTERS[torch.randint(8, (20_000,), generator=rng)] + STD * torch.randn(20_000, 2, **kwargs)
    noise, time = torch.randn(20_000, 2, **kwargs), torch.rand(20_000, **kwargs)
    points = Straight().between(noise, data, time)
    exact = torch.stack([ring_field(x[None], t)[0] for x, t in zip(points[:4000], time[:4000], strict=True)])
    losses = {
        factor: flow_matching_loss(factor * exact, noise[:4000], data[:4000], time[:4000]).item()
        for factor in (0.9, 1.0, 1.1)
    }
    assert min(losses, key=losses.__getitem__) == 1.0


def test_rows_count_as_their_weights_say():
    velocity, noise, data = torch.randn(3, 4, 2).unbind()
    time = torch.rand(4)
    weights = torch.tensor([2.0, 0.0, 1.0, 1.0])
    rows = torch.tensor([0, 0, 2, 3])
    weighted = flow_matching_loss(velocity, noise, data, time, weights=weights)
    repeated = flow_matching_loss(velocity[rows], noise[rows], data[rows], time[rows])
    torch.testing.assert_close(weighted, repeated)


def test_pairs_of_an_exact_plan_are_an_assignment():
    data, rng = torch.randn(40, 2), torch.Generator().manual_seed(0)
    noise = torch.randn(40, 2)
    paired = paired_noise(noise, data, Exact(), rng)
    assert torch.equal(paired.sort(0).values, noise.sort(0).values)
    cost = (paired - data).square().sum(1).mean()
    assert cost.item() == pytest.approx(Exact()(noise, data).cost, rel=1e-5)
    entropic = paired_noise(noise, data, Sinkhorn(epsilon="0.01*mean"), rng)
    assert (entropic - data).square().sum(1).mean() < 1.5 * cost


def test_classes_are_told_but_for_those_dropped():
    term, _ = bound(FlowMatching(drop_labels=1.0), conditional=True)
    samples = Samples(torch.randn(6, 2), torch.arange(6) % 3)
    dropped = term.discrepancy([samples], Step(1, 0)).value
    free = term.discrepancy([Samples(samples.values, torch.zeros(6, dtype=torch.int64))], Step(1, 0)).value
    assert dropped.equal(free)
    told, _ = bound(FlowMatching(drop_labels=0.0), conditional=True)
    assert not told.discrepancy([samples], Step(1, 0)).value.equal(dropped)
    with pytest.raises(DeclarationError, match="this set has no labels"):
        term.discrepancy([Samples(samples.values)], Step(1, 0))


def test_it_needs_a_flow():
    with pytest.raises(MatchZooError, match="it has no field yet"):
        FlowMatching()(torch.randn(3, 2))
    generator = NoiseGenerator(dimension=2, network=MLP())
    with pytest.raises(DeclarationError, match='must be of kind "flow"'):
        FlowMatching().bind({"generator": generator})


def test_noise_is_standard_under_the_weights_of_the_data():
    rng = torch.Generator().manual_seed(0)
    noise, data = torch.randn(300, 1, generator=rng), torch.randn(300, 1, generator=rng)
    weights = torch.where(data[:, 0] > 0, 4.0, 1.0)
    weights[:5] = 0
    paired = paired_noise(noise, data, Sinkhorn(epsilon=0.05), rng, weights)
    shares = weights / weights.sum()
    assert (shares @ paired[:, 0]).item() == pytest.approx(noise.mean().item(), abs=0.1)
    assert (shares @ data[:, 0]).item() > 0.3


def test_pairs_within_classes_leave_the_noise_of_each_class_as_it_was():
    """Each class has the rows that it had, in another order: N(0, I) given the class, exactly."""
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(60, 2, generator=rng)
    classes = torch.arange(60) % 3
    data = noise.new_tensor([[-3, 0], [3, 0], [0, 3]])[classes] + 0.1 * torch.randn(60, 2, generator=rng)
    within = paired_noise(noise, data, Exact(), rng, classes=classes)
    for label in range(3):
        rows = classes == label
        assert torch.equal(within[rows].sort(0).values, noise[rows].sort(0).values)

    infinite = 1e6 * (classes[:, None] != classes[None])
    plan = Exact().solve(torch.cdist(noise, data).square() + infinite)  # one plan, of a cost with the class in it
    torch.testing.assert_close(within, noise[plan.coupling.T.argmax(1)])
    across = paired_noise(noise, data, Exact(), rng)
    assert across[classes == 1, 0].mean() > within[classes == 1, 0].mean() + 0.5


def test_a_conditional_field_is_coupled_within_classes():
    samples = Samples(torch.randn(3, 2), torch.arange(3))  # one row of each: it has no other partner
    free, flow = bound(FlowMatching(drop_labels=0.0), conditional=True)
    coupled = FlowMatching(drop_labels=0.0, coupling=Exact())
    coupled.bind({"generator": flow})
    assert coupled.discrepancy([samples], Step(1, 0)).value.equal(free.discrepancy([samples], Step(1, 0)).value)
