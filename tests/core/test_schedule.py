"""Schedules: values by hand, and what they do to weights, learning rates and optimizers of a run."""

import copy
import math

import pytest
import torch

from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import DeclarationError
from matchzoo.core.schedule import Cosine, Logistic, Piecewise, Ramp, Schedule, StepChange, WarmUp, value_at
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def test_values_by_hand():
    ramp = Ramp(start=1.0, end=3.0, first=2, last=6)
    assert [ramp.at(n) for n in (1, 2, 4, 6, 9)] == [1, 1, 2, 3, 3]
    change = StepChange(before=1.0, after=100.0, step=4, reset=True)
    assert [change.at(n) for n in (3, 4)] == [1, 100]
    assert [change.resets(n) for n in (3, 4, 5)] == [False, True, False]
    cosine = Cosine(start=1.0, end=0.2, steps=12, warm_up=2)
    expected = [0.5, 1, 0.2 + 0.4 * (1 + math.cos(math.pi / 2)), 0.2, 0.2]
    assert [cosine.at(n) for n in (1, 2, 7, 12, 20)] == pytest.approx(expected)
    assert [WarmUp(value=0.3, steps=3).at(n) for n in (1, 2, 3, 4)] == pytest.approx([0.1, 0.2, 0.3, 0.3])
    assert [Logistic(value=2.0, steps=10).at(n) for n in (5, 10)] == pytest.approx(
        [4 / (1 + math.exp(-k)) - 2 for k in (5, 10)]
    )
    assert [Piecewise(values=(3.0, 2.0, 0.5), steps=(3, 6)).at(n) for n in (1, 2, 3, 5, 6, 9)] == [3, 3, 2, 2, 0.5, 0.5]
    assert value_at(0.5, 7) == 0.5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "ramp", "first": 5, "last": 5}, "last: expected a step after first = 5, got 5"),
        ({"kind": "cosine", "start": 1.0, "steps": 3, "warm_up": 3}, "warm_up: expected fewer than steps = 3, got 3"),
        (
            {"kind": "piecewise", "values": [1.0, 2.0], "steps": []},
            "steps: expected 1, one of each value",
        ),
        (
            {"kind": "piecewise", "values": [1.0, 2.0, 3.0], "steps": [5, 5]},
            "steps: expected each after the one",
        ),
        ({"kind": "ramp"}, "last: missing for 'ramp'"),
        ({"kind": "linear"}, "unknown schedule 'linear'"),
    ],
)
def test_what_makes_no_sense_is_refused(table, message):
    with pytest.raises(DeclarationError, match=message):
        structure(table, Schedule)


def training(ring: dict) -> Training:
    recipe = structure(ring, Recipe)
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    return made


def test_a_learning_rate_follows_the_step_and_a_weight_resets_the_optimizer(ring):
    player = ring["players"]["generator"]
    player["optimizer"] = {"kind": "adam", "lr": {"kind": "ramp", "start": 0.1, "end": 0.2, "first": 1, "last": 3}}
    player["minimize"][0]["weight"] = {"kind": "step", "before": 1.0, "after": 2.0, "step": 3, "reset": True}
    made = training(ring)
    rates, counts = [], []
    for number in (1, 2, 3):
        made.step(number)
        optimizer = made.optimizers["generator"]
        rates.append(optimizer.param_groups[0]["lr"])
        counts.append(int(optimizer.state[made.parameters["generator"][0]]["step"]))
    assert rates == pytest.approx([0.1, 0.15, 0.2])
    assert counts == [1, 2, 1]
    assert int(made.optimizers["projector"].state[made.parameters["projector"][0]]["step"]) == 3
    assert to_table(structure(ring, Recipe).players["generator"])["optimizer"]["lr"]["kind"] == "ramp"


def test_a_term_rests_while_its_weight_is_zero(ring):
    """One objective up to a step, another from it on: neither is evaluated, moves anything or is logged before."""
    terms = ring["players"]["generator"]["minimize"]
    other = {"kind": "mmd", "bandwidths": [3.0]}
    changing = copy.deepcopy(ring)
    changing["players"]["generator"]["minimize"] = [
        {**terms[0], "weight": {"kind": "step", "before": 1.0, "after": 0.0, "step": 3}},
        {**other, "weight": {"kind": "step", "before": 0.0, "after": 1.0, "step": 3}},
    ]
    first, whole = training(copy.deepcopy(ring)), training(changing)
    for number in (1, 2):
        values = whole.step(number)
        assert values["generator/minimize[0]"] == first.step(number)["generator/minimize[0]"]
        assert "generator/minimize[1]" not in values
        assert {name.split("/")[1] for name in whole.diagnostics()} <= {"minimize[0]", "maximize[0]"}

    ring["players"]["generator"]["minimize"] = [other]
    second = training(ring)
    second.load(2, {key: value.clone() for key, value in whole.state().items()})
    for number in (3, 4):
        values = whole.step(number)
        assert values["generator/minimize[1]"] == second.step(number)["generator/minimize[0]"]
        assert "generator/minimize[0]" not in values
    assert set(whole.discrepancies(4)) >= {"generator/minimize[0]", "generator/minimize[1]"}
    for left, right in zip(whole.parameters["generator"], second.parameters["generator"], strict=True):
        assert torch.equal(left, right)


def test_a_weight_scales_the_objective(ring):
    ring["players"]["generator"]["optimizer"] = {"kind": "sgd", "lr": 0.1}
    plain, doubled = training(ring), None
    ring["players"]["generator"]["minimize"][0]["weight"] = {"kind": "warm-up", "value": 2.0, "steps": 1}
    doubled = training(ring)
    before = [p.detach().clone() for p in plain.parameters["generator"]]
    for made in (plain, doubled):
        made.step(1)
    for start, one, two in zip(before, plain.parameters["generator"], doubled.parameters["generator"], strict=True):
        torch.testing.assert_close(two - start, 2 * (one - start), rtol=1e-4, atol=1e-7)
