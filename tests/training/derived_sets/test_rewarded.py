"""Samples that count as a reward says: their weights, online and offline, in runs that start from another one."""

import copy

import pytest
import torch
from helpers.resuming import Stop, assert_same, stop_after

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.hub.model import Model
from matchzoo.models.rewards import reward_weights
from matchzoo.recipes.planning import plan
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run
from matchzoo.training.loop import Training

BASE = {
    "schema": 2,
    "data": {"kind": "two-moons", "points": 100, "test_points": 20},
    "generator": {"kind": "flow", "network": {"kind": "mlp", "widths": [8]}, "average": 0.5},
    "players": {"generator": {"moves": ["generator"], "minimize": [{"kind": "flow-matching"}]}},
    "trainer": {"steps": 4, "batch": 16, "device": "cpu", "checkpoint_every": 2},
}
REWARDED = {"kind": "rewarded", "reward": {"kind": "linear", "direction": [0.0, 1.0]}, "strength": 2.0}
TERMS = [
    {"kind": "flow-matching", "sets": ["good"]},
    {"kind": "field-distance", "sets": ["good"], "weight": 0.5},
]
TUNED = {**BASE, "sets": {"good": REWARDED}, "players": {"generator": {"moves": ["generator"], "minimize": TERMS}}}
MMD = {"kind": "mmd", "bandwidths": [1.0]}
NOISE = {"kind": "noise", "dimension": 2, "network": "mlp"}


def training(**changes: object) -> Training:
    recipe = Recipe.of(copy.deepcopy(TUNED)).replace(**changes)
    return Training(recipe.build(), recipe.trainer, recipe.engine())


@pytest.mark.parametrize("of", ["synthetic", "real"])
def test_weights_follow_the_reward_of_what_is_there_now(of):
    made, step = training(**{"sets.good.of": of}), Step(1, 0)
    good = made.sets(("generator",), step, 0)["good"].samples()
    if of == "synthetic":
        expected = made.parts.generator(made.parts.generator.draw(16, step.rng("generator", 0))).detach()
    else:
        expected = made.parts.data.training_set.values[good.index]
    torch.testing.assert_close(good.values, expected)
    torch.testing.assert_close(good.weights, reward_weights(good.values[:, 1], 2.0))
    assert not good.values.requires_grad

    made.prepare(quiet=True)
    made.step(1)
    again = made.sets(("generator",), step, 0)["good"].samples()
    assert torch.equal(again.values, good.values) == (of == "real")


def test_a_class_of_a_trained_head():
    """The reward looks at the space that it names."""
    head = {"kind": "learned", "features": 2, "network": {"kind": "mlp", "widths": []}}
    table = copy.deepcopy(TUNED) | {"projectors": {"points": "identity", "head": head}}
    table["sets"]["good"] |= {"reward": {"kind": "class-probability", "label": 1}, "space": "head"}
    for term in table["players"]["generator"]["minimize"]:
        term["space"] = "points"
    recipe = structure(table, Recipe)
    made = Training(recipe.build(), recipe.trainer, recipe.engine())
    good = made.sets(("generator",), Step(1, 0), 0)["good"].samples()
    scores = made.parts.projectors["head"](good.values)
    torch.testing.assert_close(good.weights, reward_weights(scores.log_softmax(1)[:, 1], 2.0).detach())
    table["sets"]["good"]["space"] = "had"
    with pytest.raises(DeclarationError, match=r"sets\.good\.space: unknown projector 'had'; did you mean 'head'"):
        structure(table, Recipe)


def test_it_starts_from_a_run_and_resumes_to_the_bit(tmp_path, monkeypatch):
    base = Recipe.of(BASE).run(tmp_path / "base", quiet=True)
    recipe = Recipe.of(TUNED).replace(**{"generator.init": str(base.folder), "trainer.seed": 5})
    parts = recipe.build()
    assert torch.equal(parts.generator.eval().sample(5).values, base.generator.sample(5).values)
    assert parts.started["generator"]["from"] == str(base.folder)
    run = recipe.run(tmp_path / "whole", quiet=True)
    assert not torch.equal(run.generator.sample(5).values, base.generator.sample(5).values)
    stop_after(monkeypatch, 3, "crash")
    with pytest.raises(Stop):
        recipe.run(tmp_path / "stopped", quiet=True)
    monkeypatch.undo()
    recipe.run(tmp_path / "stopped", quiet=True)
    assert_same(tmp_path / "whole", tmp_path / "stopped")

    model_of_run(run, "generator").save(tmp_path / "model")  # it names the other run no longer
    assert "init" not in (tmp_path / "model" / "part.toml").read_text()
    assert torch.equal(Model.load(tmp_path / "model").part.sample(5).values, run.generator.sample(5).values)
    from_model = recipe.replace(**{"generator.init": str(tmp_path / "model")}).build()
    assert torch.equal(from_model.generator.eval().sample(5).values, run.generator.sample(5).values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator.init": "nowhere"}, "generator.init: nowhere: there is no such folder"),
        ({"generator.init": "BASE", "generator.network.widths": [9]}, r"generator\.init: .*give it the layout"),
        (
            {"generator": {**NOISE, "init": "BASE"}, "players.generator.minimize": [MMD]},
            "of kind 'flow', expected 'noise'",
        ),
        ({"sets.good.of": "source"}, "expected a set of real samples"),
    ],
)
def test_what_is_refused(changes, message, tmp_path):
    if "BASE" in str(changes):
        Recipe.of(BASE).replace(**{"trainer.steps": 1}).run(tmp_path / "BASE", quiet=True)
    changes = copy.deepcopy(changes)
    if changes.get("generator.init") == "BASE":
        changes["generator.init"] = str(tmp_path / "BASE")
    if "generator" in changes:
        changes["generator"]["init"] = str(tmp_path / "BASE")
    with pytest.raises(DeclarationError, match=message):
        training(**changes)


def test_it_is_planned():
    assert plan(Recipe.of(TUNED)).estimate.samples == 16
