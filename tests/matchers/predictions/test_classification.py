"""A classifier that is trained within the steps: its loss, its gradient, and the inner loop of condensation."""

import copy
import math

import pytest
import torch
from helpers.condensation import TABLE

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Data
from matchzoo.matchers import Classification
from matchzoo.recipes.planning import plan
from matchzoo.recipes.planning.costs import flops_of
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def scores(n: int, seed: int) -> Samples:
    rng = torch.Generator().manual_seed(seed)
    return Samples(torch.randn(n, 3, generator=rng, dtype=torch.float64), torch.arange(n) % 3)


def test_of_several_sets_it_is_the_mean_or_the_worst():
    sets = [scores(5, 0), scores(7, 1), scores(4, 2)]
    losses = [Classification()(own) for own in sets]
    assert Classification(sets=("a", "b", "c"))(*sets).item() == pytest.approx(sum(losses).item() / 3, rel=1e-12)
    assert Classification(sets=("a", "b", "c"), over="worst")(*sets) == max(losses)


@pytest.mark.parametrize("side", ["real", "synthetic"])
def test_it_is_the_mean_of_a_plain_loop(side):
    sets = scores(5, 0), scores(7, 1)
    own = sets[side == "synthetic"]
    total = 0.0
    for row, label in zip(own.values.tolist(), own.labels.tolist(), strict=True):
        total += math.log(sum(map(math.exp, row))) - row[label]
    matcher = Classification(sets=(side,))
    assert matcher.discrepancy([own], Step(1, 0)).value.item() == pytest.approx(total / len(own), rel=1e-12)
    times = torch.arange(len(own)) + 1
    weighted = Samples(own.values, own.labels, times.double())
    repeated = own.rows(torch.arange(len(own)).repeat_interleave(times))
    values = [matcher.discrepancy([one], Step(1, 0)).value for one in (weighted, repeated)]
    torch.testing.assert_close(*values)


def test_what_is_no_classifier_is_refused():
    with pytest.raises(DeclarationError, match=r"projector\.features: class scores are 10 features, got 4; set"):
        Classification().build(Spec(shape=(2,), classes=10, features=4))
    with pytest.raises(DeclarationError, match="needs data with labels"):
        Classification().build(Spec(shape=(2,), features=4))
    with pytest.raises(DeclarationError, match="needs labels, and a set has none"):
        Classification().discrepancy([scores(3, 0), Samples(torch.zeros(3, 3))], Step(1, 0))


def table(side: str = "synthetic") -> dict:
    made = copy.deepcopy(TABLE)
    made["players"]["network"] = {
        "moves": ["network"],
        "optimizer": {"kind": "sgd", "lr": 0.1},
        "minimize": [{"kind": "classification", "sets": [side], "space": "network"}],
    }
    made["trainer"]["schedule"] = ["generator", "3*network"]
    return made


def training(table: dict, **changes: object) -> Training:
    recipe = structure(table, Recipe).replace(**changes)
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    return made


def test_the_inner_loop_trains_the_network_on_the_synthetic_set_until_it_is_drawn_anew():
    """Against plain steps of gradient descent, written out, on a copy of the network."""
    made = training(table())
    network = copy.deepcopy(made.parts.projectors["network"].network)
    generator = made.parts.generator
    for number in (1, 2, 3):
        if number == 3:  # redraw_every = 2
            network.build((3, 8, 8), (10,), Step(3, 0).rng("projectors.network"))
            network.double()
        made.step(number)
        images = generator.sample()
        for turn in (1, 2, 3):
            plan = made.parts.views.draw(20, Step(number, 0).rng("views", turn))
            seen = made.parts.views.apply(images.values, plan).detach()
            loss = torch.nn.functional.cross_entropy(network(seen), images.labels)
            found = torch.autograd.grad(loss, list(network.parameters()))
            with torch.no_grad():
                for p, g in zip(network.parameters(), found, strict=True):
                    p -= 0.1 * g
        ours = made.parts.projectors["network"].network
        for p, q in zip(ours.parameters(), network.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=1e-9, atol=1e-12)


def test_no_real_samples_are_drawn_for_the_synthetic_side(monkeypatch):
    draws: list[int] = []
    whole = Data.draw_of
    monkeypatch.setattr(Data, "draw_of", lambda self, name, n, *rest: draws.append(n) or whole(self, name, n, *rest))
    training(table()).step(1)
    assert draws == [30]
    draws.clear()
    training(table("real")).step(1)
    assert draws == [30] * 4


@pytest.mark.parametrize("side", ["synthetic", "real"])
def test_chunks_are_exact(side):
    found = []
    for chunk in (10_000, 7):
        made = training(table(side), **{"trainer.chunk": chunk})
        values = [{k: v.item() for k, v in made.step(n).items()} for n in (1, 2, 3)]
        found.append((values, made.state()))
    for one, other in zip(found[0][0], found[1][0], strict=True):
        assert one == pytest.approx(other, rel=1e-9)
    for key, tensor in found[0][1].items():
        torch.testing.assert_close(found[1][1][key], tensor, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("side", ["synthetic", "real"])
def test_operations_are_planned(side):
    made = training(table(side))
    counted = flops_of(lambda: made.step(1))
    planned = plan(structure(table(side), Recipe), alternatives=False).flops
    if side == "synthetic":
        assert planned == pytest.approx(counted, rel=0.1)
    else:  # the way back to synthetic samples is counted, and this loss has none
        assert counted < planned < 1.25 * counted
