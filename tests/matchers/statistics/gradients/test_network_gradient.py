"""The gradient of a network against torch's own, against plain loops of the papers, and in the trainer."""

import copy
import sys

import attrs
import pytest
import torch
import torch.nn.functional as F
from helpers.condensation import TABLE

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers import RowCosine, StatisticMatcher
from matchzoo.matchers.distance import cosine_distance, row_cosine_distance
from matchzoo.matchers.statistics import HeadGradient, NetworkGradient, PerClass, Statistic
from matchzoo.matchers.statistics.gradients.network_gradient import network_gradient
from matchzoo.models.networks import MLP, ConvNet, Network
from matchzoo.projectors import Identity, Learned
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

network_gradient_module = sys.modules[network_gradient.__module__]
STEP = Step(1, 0)
SHAPE, C = (3, 8, 8), 3


def made(network: Network) -> Learned:
    projector = Learned(network=network, features=C)
    projector.build(Spec(shape=SHAPE, space="projectors.network"))
    return projector.double()


def convnet() -> Learned:
    return made(ConvNet(width=4, depth=2))


FACTS = Spec(shape=SHAPE, classes=C, features=192, space="projectors.images")


def images(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(n, *SHAPE, generator=rng, dtype=torch.float64), torch.arange(n) % C


def plain(network: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Of every parameter that is a matrix or a filter, [out, fan-in], by back-propagation."""
    wide = [p for p in network.parameters() if p.ndim > 1]
    return [g.flatten(1) for g in torch.autograd.grad(F.cross_entropy(network(x), y), wide)]


@pytest.mark.parametrize(
    "network", [ConvNet(width=4, depth=2), ConvNet(width=4, depth=1, norm="none"), MLP(widths=(5,))]
)
def test_it_is_the_gradient_that_backpropagation_gives(network):
    network = made(copy.deepcopy(network)).network
    x, y = images(7, 0)
    found, wanted = network_gradient(network, x, y), plain(network, x, y)
    assert found.shape == (sum(len(g) for g in wanted), max(g.shape[1] for g in wanted))
    start = 0
    for gradient in wanted:
        own = found[start : start + len(gradient)]
        torch.testing.assert_close(own[:, : gradient.shape[1]], gradient)
        assert own[:, gradient.shape[1] :].eq(0).all()
        start += len(gradient)
    assert all(p.grad is None for p in network.parameters())


def test_weights_repeat_samples_and_labels_may_be_probabilities():
    network = convnet().network
    x, y = images(6, 0)
    times = torch.arange(6) + 1
    repeated = torch.arange(6).repeat_interleave(times)
    torch.testing.assert_close(
        network_gradient(network, x, y, times), network_gradient(network, x[repeated], y[repeated])
    )
    torch.testing.assert_close(network_gradient(network, x, F.one_hot(y, C).double()), network_gradient(network, x, y))


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_without_a_graph_it_is_the_same(norm):
    """Of samples that require no gradient, with weights and with probabilities, and under ``no_grad``."""
    network = made(ConvNet(width=4, depth=2, norm=norm)).network
    x, y = images(6, 0)
    for labels, weights in ((y, None), (y, torch.arange(6) + 1.0), (F.one_hot(y, C).double(), None)):
        plain = network_gradient(network, x, labels, weights)
        assert not plain.requires_grad
        followed = network_gradient(network, x.clone().requires_grad_(), labels, weights)
        torch.testing.assert_close(plain, followed.detach(), rtol=0, atol=1e-12)
        with torch.no_grad():
            assert torch.equal(network_gradient(network, x, labels, weights), plain)


def test_without_a_graph_blocks_give_what_one_pass_gives(monkeypatch):
    network = convnet().network
    x, y = images(7, 0)
    for labels, weights in ((y, None), (y, torch.arange(7) + 1.0), (F.one_hot(y, C).double(), None)):
        whole = network_gradient(network, x, labels, weights)
        with monkeypatch.context() as small:
            small.setattr(network_gradient_module, "CACHED", 1)
            torch.testing.assert_close(network_gradient(network, x, labels, weights), whole, rtol=0, atol=1e-12)
    coupled = made(ConvNet(width=4, depth=1, norm="batch")).network
    whole = network_gradient(coupled, x, y)
    monkeypatch.setattr(network_gradient_module, "CACHED", 1)
    assert torch.equal(network_gradient(coupled, x, y), whole)  # batch norm sees all samples


def test_buffers_of_batch_norm_stay():
    network = made(ConvNet(width=4, depth=1, norm="batch")).network
    before = {k: v.clone() for k, v in network.state_dict().items()}
    network_gradient(network, *images(6, 0))
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


def test_the_gradient_of_the_gradient_is_that_of_finite_differences():
    projector = made(MLP(widths=(4,), activation="tanh"))
    x, y = images(4, 0)
    x = x[:, :, :2, :2].contiguous()
    projector.network.build((3, 2, 2), (C,), torch.Generator().manual_seed(0))
    network = projector.network.double()
    soft = torch.softmax(torch.randn(4, C, dtype=torch.float64, generator=torch.Generator().manual_seed(1)), 1)
    assert torch.autograd.gradcheck(lambda a: network_gradient(network, a, y), [x.requires_grad_()])
    assert torch.autograd.gradcheck(lambda b: network_gradient(network, x.detach(), b), [soft.requires_grad_()])


def test_no_gradient_reaches_the_network():
    network = convnet().network
    x, y = images(4, 0)
    value = network_gradient(network, x.requires_grad_(), y).square().sum()
    found = torch.autograd.grad(value, [x, *network.parameters()], allow_unused=True)
    assert found[0].abs().max() > 0
    assert all(g is None for g in found[1:])


def matcher(projector: Learned, grouped: bool, at_once: bool = False) -> StatisticMatcher:
    statistic: Statistic = NetworkGradient(network="network")
    if grouped:
        statistic = PerClass(statistic=statistic, at_once=at_once)
    found = StatisticMatcher(statistic=statistic, distance=RowCosine())
    found.build(FACTS)
    found.bind({"network": projector})
    return found


def both() -> tuple[Samples, Samples]:
    (real, labels), (few, few_labels) = images(12, 0), images(6, 1)
    return Samples(real.flatten(1), labels), Samples(few.flatten(1), few_labels)


def test_dc_is_a_plain_loop_over_classes_parameters_and_rows():
    projector = convnet()
    real, few = both()
    total = 0.0
    for c in range(C):
        sets = [(s.values[s.labels == c].unflatten(1, SHAPE), s.labels[s.labels == c]) for s in (real, few)]
        for a, b in zip(*(plain(projector.network, *s) for s in sets), strict=True):
            for p, q in zip(a, b, strict=True):
                total += cosine_distance(p, q).item() if p.any() and q.any() else 0.0
    assert matcher(projector, True).discrepancy((real, few), STEP).value.item() == pytest.approx(total, rel=1e-9)


def test_dcc_is_one_gradient_of_all_classes_and_equals_dc_for_one_class():
    projector = convnet()
    real, few = both()
    whole = sum(
        row_cosine_distance(a, b).item()
        for a, b in zip(
            *(plain(projector.network, s.values.unflatten(1, SHAPE), s.labels) for s in (real, few)), strict=True
        )
    )
    dcc, dc = matcher(projector, False), matcher(projector, True)
    assert dcc.discrepancy((real, few), STEP).value.item() == pytest.approx(whole, rel=1e-9)
    ones = [s.rows((s.labels == 0).nonzero().flatten()) for s in (real, few)]
    dc.statistic.classes = 1  # of the groups; the network still has three outputs
    torch.testing.assert_close(dc.discrepancy(ones, STEP).value, dcc.discrepancy(ones, STEP).value, rtol=0, atol=0)


def test_all_classes_at_once_are_one_after_the_other():
    projector = convnet()
    real, few = both()
    for weights in (None, torch.arange(12) + 1.0):
        found = []
        for at_once in (False, True):
            x = few.values.clone().requires_grad_()
            sets = Samples(real.values, real.labels, weights), Samples(x, few.labels)
            value = matcher(projector, True, at_once).discrepancy(sets, STEP).value
            found.append((value.detach(), *torch.autograd.grad(value, x)))
        torch.testing.assert_close(found[0], found[1])
    uneven = Samples(real.values[:11], real.labels[:11])
    with pytest.raises(MatchZooError, match="classes of 3 to 4 samples cannot be measured at once"):
        matcher(projector, True, True).discrepancy((uneven, few), STEP)
    with pytest.raises(DeclarationError, match=r"statistic\.at_once: this statistic cannot be vectorized"):
        PerClass(statistic=HeadGradient(), at_once=True).build(FACTS)


def test_what_is_no_classifier_of_the_samples_is_refused():
    projector, statistic = convnet(), NetworkGradient(network="network")
    with pytest.raises(
        DeclarationError, match=r'in a space of kind "identity" or "standardized", not projectors\.images'
    ):
        statistic.build(attrs.evolve(FACTS, features=5))
    with pytest.raises(DeclarationError, match="network-gradient needs at least 2 classes, got none"):
        statistic.build(attrs.evolve(FACTS, classes=None))
    for projectors, classes, message in (
        ({"netwrok": projector}, C, "unknown projector 'network'; did you mean 'netwrok'"),
        ({"network": projector}, 7, 'projectors.network: a classifier is of kind "learned" with features = 7, got 3'),
        ({"network": Identity()}, C, "got a Identity"),
    ):
        statistic.build(attrs.evolve(FACTS, classes=classes))
        with pytest.raises(DeclarationError, match=message):
            statistic.bind(projectors)
    statistic.build(FACTS)
    statistic.bind({"network": projector})
    with pytest.raises(DeclarationError, match="needs labels, and this set has none"):
        statistic.measure(Samples(both()[0].values), STEP)
    assert list(statistic.parameters()) == []
    assert list(statistic.modules()) == [statistic]


def train(**changes: object) -> tuple[list[float], dict[str, torch.Tensor]]:
    recipe = structure(copy.deepcopy(TABLE), Recipe).replace(**changes)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    return [training.step(n)["generator/minimize[0]"].item() for n in (1, 2, 3)], training.state()


def test_chunks_are_exact_and_both_ways_agree():
    values, state = train()
    for changes in ({"trainer.chunk": 7}, {"players.generator.minimize.0.statistic.at_once": True}):
        other, parts = train(**changes)
        assert other == pytest.approx(values, rel=1e-9)
        torch.testing.assert_close(parts["generator/pixels"], state["generator/pixels"], rtol=1e-7, atol=1e-9)


def test_it_can_be_planned_even_where_only_shapes_are_computed(monkeypatch):
    from matchzoo.recipes.planning import plan, terms

    recipe = structure(copy.deepcopy(TABLE), Recipe)
    small = plan(recipe, alternatives=False)
    monkeypatch.setattr(terms, "MANY", 8)
    large = plan(recipe, alternatives=False)
    assert small.flops == large.flops > 0
