"""The gradient at an uphill point: golden values, brute force, chunks, and what an update leaves behind."""

import copy

import pytest
import torch
import torch.nn.functional as F
from helpers.room import ENCODER, V_REX, training

from matchzoo.core.step import Step
from matchzoo.training.updates.sharpness import ascent, uphill

EXACT = {"rtol": 0, "atol": 1e-12}
WRITTEN = ("running_mean", "running_var", "num_batches_tracked", "past")
SHARP = copy.deepcopy(V_REX)
SHARP["players"]["learner"]["sharpness"] = 0.5


def test_golden_values(golden):
    values = {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}
    parameters = [torch.nn.Parameter(values[key].clone()) for key in ("head_W", "head_b")]

    def gradients():
        weight, bias = parameters
        loss = F.cross_entropy(values["head_Z"][0] @ weight.T + bias, values["head_y"][0])
        return torch.autograd.grad(loss, parameters)

    with uphill(parameters, gradients(), float(values["sam_rho"])):
        weight, bias = gradients()
    torch.testing.assert_close(torch.cat([weight, bias[:, None]], 1), values["sam_gradient"], **EXACT)
    assert torch.equal(parameters[0], values["head_W"])
    assert torch.equal(parameters[1], values["head_b"])


@pytest.mark.parametrize("gradient", [torch.zeros(3), torch.tensor([1.0, float("nan"), 0.0])])
def test_there_is_no_way_up_without_a_gradient(gradient):
    assert ascent([gradient, None], 0.1)[1] is None
    assert torch.equal(ascent([gradient, None], 0.1)[0], torch.zeros(3))
    assert ascent([None], 0.1) == [None]


def test_parameters_are_put_back_to_the_bit_after_an_error():
    parameter = torch.nn.Parameter(torch.rand(5))
    before = parameter.detach().clone()

    def fail():
        with uphill([parameter], [torch.rand(5)], 0.3):
            assert not torch.equal(parameter, before)
            raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        fail()
    assert torch.equal(parameter, before)


@pytest.mark.parametrize("chunk", [5, "auto"])
def test_a_step_takes_the_gradient_uphill_of_the_same_samples(chunk):
    made = training(SHARP, **{"trainer.chunk": chunk})
    parameters = made.parameters["learner"]
    start = [p.detach().clone() for p in parameters]
    sets = made.sets(("learner",), Step(1, 3), 0)
    made._let_move({"encoder", "head"})

    def gradients():
        features = {name: own.features() for name, own in sets.items()}
        values = made.evaluate(made.parts.players, Step(1, 3), features)
        return torch.autograd.grad(sum(values["learner"]), parameters), values["learner"]

    first, values = gradients()
    norm = torch.cat([g.flatten() for g in first]).norm()
    with torch.no_grad():
        for parameter, gradient in zip(parameters, first, strict=True):
            parameter.add_(0.5 * gradient / norm)
    second, _ = gradients()
    with torch.no_grad():
        for parameter, before in zip(parameters, start, strict=True):
            parameter.copy_(before)

    reported = made.step(1)
    for parameter, before, gradient in zip(parameters, start, second, strict=True):
        torch.testing.assert_close(parameter.detach(), before - 0.1 * gradient, **EXACT)
    assert not torch.allclose(second[0], first[0], rtol=1e-3)
    assert reported["learner/minimize[0]"].item() == pytest.approx(values[0].item(), abs=1e-12)


def test_statistics_of_batch_norm_and_running_means_are_of_the_first_evaluation():
    """After one step from the same start, both are what they are without sharpness."""
    table = copy.deepcopy(SHARP)
    table["projectors"]["encoder"] = {**ENCODER, "network": {**ENCODER["network"], "norm": "batch"}}
    table["players"]["learner"]["minimize"][1] |= {
        "space": "encoder",
        "statistic": {"kind": "linear-head", "head": "head", "quantity": "gradient-variance", "decay": 0.9},
    }
    sharp = training(table)
    plain = training(table, **{"players.learner.sharpness": 0.0})
    states = []
    for made in (sharp, plain):
        made.step(1)
        states.append({key: value.clone() for key, value in made.state().items() if key.endswith(WRITTEN)})
    assert all(any(key.endswith(name) for key in states[0]) for name in WRITTEN)
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert sharp.diagnostics() == plain.diagnostics()
    assert any(not torch.equal(value, plain.results()[key]) for key, value in sharp.results().items())


def test_a_player_beside_another_goes_uphill_alone():
    """Of two players of one update, the one without sharpness steps as it does beside one without."""
    table = copy.deepcopy(V_REX)
    learner = table["players"]["learner"]
    table["players"] = {
        "body": {**learner, "moves": ["encoder"], "sharpness": 0.5},
        "head": {**learner, "moves": ["head"]},
    }
    sharp, plain = training(table), training(table, **{"players.body.sharpness": 0.0})
    for made in (sharp, plain):
        made.step(1)
    same = {key: torch.equal(value, plain.results()[key]) for key, value in sharp.results().items()}
    assert all(holds == key.startswith("head/") for key, holds in same.items())


def test_a_schedule_begins_it_and_a_run_resumes_to_the_bit():
    changes = {"players.learner.sharpness": {"kind": "step", "before": 0.0, "after": 0.5, "step": 2}}
    scheduled, plain = training(SHARP, **changes), training(V_REX)
    for made in (scheduled, plain):
        made.step(1)
    assert all(torch.equal(value, plain.results()[key]) for key, value in scheduled.results().items())
    state = {key: value.clone() for key, value in scheduled.state().items()}
    scheduled.step(2)
    again = training(SHARP, **changes)
    again.load(1, state)
    again.step(2)
    assert all(torch.equal(value, again.state()[key]) for key, value in scheduled.state().items())
