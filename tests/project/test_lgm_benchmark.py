"""The textbook that benchmarks/lgm.py compares with does what our trainer does; what it counts and decides is right."""

import copy
import sys
from pathlib import Path

import pytest
import torch

from matchzoo import recipes
from matchzoo.core.step import Step

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import early_stop
import lgm_accuracy as accuracy
import lgm_contenders as contenders
import lgm_memory as memory
import lgm_sooner as sooner
import lgm_step as step
import lgm_table as table_of_results
from live import Live, kept

STEPS = 8  # the pyramid grows before steps 4 and 7


@pytest.fixture
def table(lgm: dict) -> dict:
    lgm = copy.deepcopy(lgm)
    lgm["trainer"]["precision"] = "float64"
    return contenders.with_mode(lgm, contenders.MODES["online"]).table()


def built(table: dict, name: str, **options) -> contenders.Learner:
    mode = contenders.MODES[name]
    learner, _ = contenders.build(contenders.with_mode(table, mode, **options), mode)
    learner.prepare()
    return learner


@pytest.mark.parametrize("name", ["textbook", "textbook, frozen"])
@pytest.mark.parametrize("initial", ["noise", "zero"])
def test_textbook_has_the_loss_and_the_image_gradient_of_ours(table, name, initial):
    table["generator"]["initial"] = initial
    plain, ours = built(table, name), built(table, "online")
    training = ours.training
    for number in range(1, STEPS + 1):
        if number in (1, 5):
            now = Step(number, 0)
            training.before_step(now)
            training._let_move({"generator"})
            values, gradients = training.gradients(training.parts.players, training.sets(("generator",), now, 0), now)
            plain.pyramid.grow(number)
            loss = plain.loss(number)
            torch.testing.assert_close(loss, values["generator"][0], rtol=1e-10, atol=1e-10)
            own = torch.autograd.grad(loss, plain.pyramid.levels)
            assert max(g.abs().max() for g in own) > 1e-4
            torch.testing.assert_close(list(own), gradients["generator"], rtol=1e-10, atol=1e-10)
        assert plain.step(number)["generator/minimize[0]"].item() == pytest.approx(
            next(iter(ours.step(number).values())).item(), abs=1e-10
        )
    for a, b in zip(plain.images(), ours.images(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-8)


def test_weights_of_the_textbook_get_gradients_unless_frozen(table):
    for name, wanted in (("textbook", True), ("textbook, frozen", False)):
        learner = built(table, name)
        learner.step(1)
        assert any(p.grad is not None for p in learner.network.parameters()) == wanted


def test_bare_loop_is_class_means(table):
    plain, ours = built(table, "class means, bare loop"), built(table, "class means")
    for number in range(1, STEPS + 1):
        assert plain.step(number)["generator/minimize[0]"].item() == pytest.approx(
            next(iter(ours.step(number).values())).item(), abs=1e-12
        )


@pytest.mark.parametrize("name", ["textbook", "cache, k = 1"])
def test_learners_go_on_from_their_state(table, name):
    whole, first = built(table, name), built(table, name)
    for number in range(1, 6):
        whole.step(number)
        first.step(number)
    second = built(table, name)
    second.load(5, {k: v.clone() for k, v in first.state().items()})
    for number in range(6, STEPS + 1):
        assert list(whole.step(number).values()) == list(second.step(number).values())


@pytest.mark.parametrize(("name", "recipe"), [("SFM, one view", "sfm/quickstart"), ("CLP", "clp/quickstart")])
def test_modes_are_the_recipes(name, recipe):
    mode = contenders.MODES[name]
    made = contenders.with_mode(recipes.load("lgm/quickstart").table(), mode).table()
    declared = recipes.load(recipe).table()
    for key in ("data", "projector", "generator", "views", "players"):
        assert made[key] == declared[key]


def test_levers_change_what_they_say(table):
    lever = sooner.Lever(sooner.LGM, every=3, start=8, lr=0.5, heads=10)
    changed = lever.recipe(table, 4, views=1).table()
    player = changed["players"]["generator"]
    assert (changed["generator"]["grow_every"], changed["generator"]["start"]) == (3, 8)
    assert (changed["views"]["copies"], changed["trainer"]["seed"]) == (1, 4)
    assert (player["optimizer"]["lr"], player["minimize"][0]["statistic"]["heads"]) == (0.5, 10)
    assert player["minimize"][0]["reference"]["copies"] == 10


def test_living_bytes():
    x = torch.ones(1000)
    with Live({(10, 10): 1}) as live:
        a = x * 2  # 4000
        b = a.view(10, 100).T.contiguous()  # 8000
        a.add_(1)
        del a  # 4000
        c, d = torch.ones(10, 10), torch.ones(10, 10)  # one counts, one does not
        del b, c, d
    assert (live.peak, live.whole) == (8000, 8000)
    assert (live.now, live.now_whole) == (0, 0)
    with live:
        torch.ones(10, 10)
    assert live.left == {(10, 10): 1}


def test_kept_bytes():
    x, w = torch.ones(10, 20, requires_grad=True), torch.ones(20, 30, requires_grad=True)
    with kept([x, w]) as told:
        y = (x @ w).tanh().exp()  # keeps what tanh and exp gave
        y.sum().backward()
        del y
    assert told == {"now": 0, "peak": 2 * 10 * 30 * 4}


def test_plateau_and_target_are_reached_as_defined():
    steps = list(range(25, 1526, 25))
    top1 = [min(60.0, s / 10) for s in steps]  # flat from step 600 on
    assert accuracy.plateau(steps, top1, 500) == 60
    assert accuracy.settled(steps, top1, 500, 0.5, 301)  # 1026-1525 against 526-1025
    assert not accuracy.settled(steps[:40], top1[:40], 500, 0.5, 301)  # 501-1000 against 1-500
    assert not accuracy.settled(steps[:20], [60.0] * 20, 500, 0.5, 301)  # too early
    assert not accuracy.settled(steps[:44], [60.0] * 44, 500, 0.5, 701)  # the pyramid was not whole
    seeds = [
        {"steps": [25, 50, 75, 100], "seconds": [1, 2, 3, 4], "build": 10, "top1": [50, 40, 52, 58]},
        {"steps": [25, 50, 75, 100], "seconds": [3, 4, 5, 6], "build": 20, "top1": [52, 40, 48, 50]},
    ]
    assert accuracy.reached(seeds, 50) == (100, 5, 20)  # 51 at step 25 does not count: 40 comes after it
    assert accuracy.reached(seeds, 55) is None


@pytest.mark.parametrize("name", ["textbook", "cache, k = 1"])
def test_a_stopped_run_goes_on(table, tmp_path, name):
    given = accuracy.Plan("quickstart", "lite0", every=2, block=4)
    recipe = contenders.with_mode(table, contenders.MODES[name])
    calls = []

    def probe(images: torch.Tensor, labels: torch.Tensor) -> float:
        calls.append(len(labels))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return images.double().sum().item()

    with pytest.raises(KeyboardInterrupt):
        accuracy.train(recipe, name, 8, given, tmp_path / "broken", probe)
    broken = accuracy.train(recipe, name, 8, given, tmp_path / "broken", probe)
    whole = accuracy.train(recipe, name, 8, given, tmp_path / "whole", probe)
    assert broken["top1"] == whole["top1"]
    assert broken["steps"] == whole["steps"] == [2, 4, 6, 8]
    assert len(calls) == 9  # 2 and one that fails, 2 after the checkpoint of step 4, 4 of the whole run


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_steps_of_all_modes_are_timed(tmp_path, monkeypatch, precision):
    tiny = contenders.Setting("test_vit", 32, 3, 2, features=64, data="noise", rows=4, precision=precision)
    monkeypatch.setitem(contenders.SETTINGS, "tiny", tiny)
    names = ("textbook", "network alone", "cache, k = 1", "cache, k = 1, chunk 1/2", "class means", "CLP")
    found = step.measure("tiny", "cpu", tmp_path, 2, names)
    assert list(found["modes"]) == list(names)
    for mode in found["modes"].values():
        assert len(mode["seconds"]) == 2
        assert mode["peak"] >= mode["kept"] * 0.8 > 0
    assert found["modes"]["textbook"]["kept"] > 1.2 * found["modes"]["cache, k = 1"]["kept"]
    share = 0.6 if precision == "float32" else 0.9  # autocast keeps its copies of the weights, which are no row's
    assert found["modes"]["cache, k = 1, chunk 1/2"]["kept"] < share * found["modes"]["cache, k = 1"]["kept"]
    assert found["modes"]["cache, k = 1"]["flop"] > 0
    lines = table_of_results.markdown(step.HEAD, step.rows([found])).splitlines()
    assert len(lines) == 2 + len(names)
    assert all("tiny" in line and line.count("|") == len(step.HEAD) + 1 for line in lines[2:])


def test_a_rule_stops_where_the_loss_falls_no_longer():
    losses = [100.0 - number for number in range(60)] + [40.0] * 40
    assert early_stop.stopped(losses, 10, 0.0, 1) == 80  # steps 61 to 70 against 71 to 80
    assert early_stop.stopped(losses, 10, 0.05, 1) == 74  # 40 is not 5 % below 42.1, the mean of steps 55 to 64
    assert early_stop.stopped(losses, 10, 0.0, 75) == 95
    assert early_stop.stopped(losses[:60], 10, 0.0, 1) == 60
    assert [early_stop.at([50, 100], [40.0, 60.0], step) for step in (10, 75, 100)] == [40.0, 50.0, 60.0]


def test_memory_in_chunks_leaves_out_images_and_features(tmp_path, monkeypatch):
    for name, value in (("CLASSES", (2, 6)), ("VIEWS", 3), ("CHUNK", 2), ("ROWS", 2)):
        monkeypatch.setattr(memory, name, value)
    found = memory.measure("class means", 2, "cpu", tmp_path)
    assert 0 < found["bytes"] < found["whole"]
