"""A learned projector that is resampled: which network a step has is a function of the step's number alone."""

import copy

import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.models.networks import MLP, ConvNet
from matchzoo.projectors import Learned
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def built(every: int | None, **fields) -> Learned:
    projector = Learned(network=MLP(widths=(5,)), features=3, redraw_every=every, **fields)
    projector.build(Spec(shape=(4,), seed=7))
    return projector.double()


def weights(projector: Learned) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in projector.parameters()])


@pytest.mark.parametrize("every", [1, 3])
def test_intervals_have_networks_of_their_own(every):
    projector, found, said = built(every), [], []
    start = weights(projector).clone()
    for number in range(1, 8):
        said.append(projector.before_step(Step(number, 7)))
        found.append(weights(projector).clone())
    assert said == [number > 1 and (number - 1) % every == 0 for number in range(1, 8)]
    assert torch.equal(found[0], start)
    for i in range(7):
        for j in range(7):
            assert torch.equal(found[i], found[j]) == (i // every == j // every)


def test_a_network_is_what_build_would_draw_at_the_first_step_of_its_interval():
    projector = built(3)
    projector.before_step(Step(8, 7))
    other = MLP(widths=(5,))
    other.build((4,), (3,), Step(7, 7).rng("projector"))
    for ours, theirs in zip(projector.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs.double(), rtol=0, atol=0)
        assert ours.dtype == torch.float64


def test_steps_may_come_in_any_order_and_parameters_stay_the_same_objects():
    one, other = built(2), built(2)
    held = list(one.parameters())
    for number in (9, 3, 1, 0, 6):
        one.before_step(Step(number, 7))
        fresh = built(2)
        fresh.before_step(Step(number, 7))
        assert torch.equal(weights(one), weights(fresh))
    assert all(a is b for a, b in zip(held, one.parameters(), strict=True))
    assert torch.equal(weights(other), weights(built(None)))


def test_it_never_happens_where_it_is_not_asked_for_and_bounds_hold():
    projector = built(None)
    start = weights(projector)
    assert not any(projector.before_step(Step(n, 7)) for n in (0, 1, 100))
    assert torch.equal(weights(projector), start)
    assert not projector.is_resampled
    assert built(1).is_resampled
    bounded = built(1, bound=0.01)
    bounded.before_step(Step(5, 7))
    assert weights(bounded).abs().max() == 0.01


def test_running_statistics_start_anew_as_well():
    projector = Learned(network=ConvNet(width=4, depth=1, norm="batch"), features=2, redraw_every=1)
    projector.build(Spec(shape=(3, 4, 4)))
    projector.project(torch.rand(8, 3, 4, 4))
    assert projector.network.layers[1].running_mean.abs().max() > 0
    projector.before_step(Step(2, 0))
    assert projector.network.layers[1].running_mean.abs().max() == 0


def training(table: dict) -> Training:
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    return Training(recipe.build(engine), recipe.trainer, engine)


def test_a_resumed_run_has_the_network_of_an_undisturbed_one(ring):
    ring["projector"]["redraw_every"] = 3
    whole = training(ring)
    whole.prepare(quiet=True)
    states = {0: None}
    for number in range(1, 9):
        whole.step(number)
        states[number] = {k: v.clone() for k, v in whole.state().items()}
    for stop in (2, 3, 4, 7):  # within an interval, at its end, at its start
        resumed = training(ring)
        resumed.load(stop, states[stop])
        for number in range(stop + 1, 9):
            resumed.step(number)
        assert all(torch.equal(states[8][k], v) for k, v in resumed.state().items())


def test_its_player_gets_a_fresh_optimizer_and_others_keep_theirs(ring):
    ring["projector"]["redraw_every"] = 2
    made = training(ring)
    for number in (1, 2):
        made.step(number)
    before = dict(made.optimizers)
    made.before_step(Step(3, 0))
    assert made.optimizers["generator"] is before["generator"]
    assert made.optimizers["projector"] is not before["projector"]


def test_a_stored_real_side_is_refused(lgm):
    table = copy.deepcopy(lgm)
    table["projector"] = {"kind": "learned", "features": 4, "network": {"kind": "convnet", "width": 4}}
    assert training(table)
    table["projector"]["redraw_every"] = 5
    for reference in ("cache", "class-means"):
        table["players"]["generator"]["minimize"][0]["reference"] = reference
        with pytest.raises(DeclarationError, match="computed once: the projector is resampled; use reference"):
            training(table)
    table["players"]["generator"]["minimize"][0]["reference"] = "online"
    assert training(table)
    table["projector"]["redraw_every"] = 0
    with pytest.raises(DeclarationError, match=r"projector\.redraw_every: expected at least 1, got 0"):
        training(table)
