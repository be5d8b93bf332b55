"""Optimizers that look ahead: Fish against its algorithm by hand, and resuming in the middle of a way."""

import copy

import pytest
import torch
import torch.nn.functional as F
from helpers.room import V_REX, training

from matchzoo.core.step import Step
from matchzoo.training.optimizers import look_ahead

ADAM = {"kind": "adam", "lr": 0.02}
FISH = copy.deepcopy(V_REX)
FISH["players"]["learner"] |= {
    "optimizer": {"kind": "lookahead", "of": ADAM, "steps": 3, "rate": 0.5},
    "minimize": [{"kind": "classification", "space": "head", "sets": ["environment"]}],
}
FISH["trainer"]["schedule"] = ["3*learner"]


@pytest.mark.parametrize("chunk", ["auto", 5])
def test_an_update_on_each_environment_in_turn_and_half_of_the_way_is_fish(chunk):
    """Algorithm 1: a copy takes a step on each environment, in random order; θ ← θ + ε (θ_copy − θ)."""
    made = training(FISH, **{"trainer.chunk": chunk})
    data = made.parts.data
    network = torch.nn.Sequential(*(copy.deepcopy(made.parts.projectors[name].network) for name in ("encoder", "head")))
    inner = copy.deepcopy(network)
    adam = torch.optim.Adam(inner.parameters(), lr=0.02)
    for number in range(1, 4):
        step = Step(number, 3)
        inner.load_state_dict(network.state_dict())
        visited = torch.randperm(3, generator=step.rng("environments")).tolist()
        for turn, environment in enumerate(visited):
            rows = data.environment_rows[environment]
            draws = torch.randint(len(rows), (12,), generator=step.rng("data", turn, f"environments/{environment}"))
            samples = data.training_set.render(rows[draws])
            adam.zero_grad()
            F.cross_entropy(inner(samples.values.double()), samples.labels).backward()
            adam.step()
        with torch.no_grad():
            for slow, fast in zip(network.parameters(), inner.parameters(), strict=True):
                slow += 0.5 * (fast - slow)
        made.step(number)
        for name, layer in zip(("encoder", "head"), network, strict=True):
            for own, other in zip(made.parts.projectors[name].parameters(), layer.parameters(), strict=True):
                torch.testing.assert_close(own, other, rtol=0, atol=1e-12)


def test_a_way_that_is_stopped_in_its_middle_is_resumed_to_the_bit():
    table = copy.deepcopy(FISH)
    table["trainer"]["schedule"] = ["2*learner"]  # so that a step ends between two ways back
    made = training(table)
    for number in range(1, 5):
        made.step(number)
        if number == 2:
            state = {key: value.clone() for key, value in made.state().items()}
    again = training(table)
    again.load(2, state)
    again.step(3)
    again.step(4)
    assert all(torch.equal(value, again.state()[key]) for key, value in made.state().items())


def test_only_steps_of_a_parameter_with_a_gradient_count():
    first, second = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    optimizer = torch.optim.SGD([first, second], lr=1.0)
    look_ahead(optimizer, 2, 0.25)
    places = []
    for number in range(4):
        first.grad, second.grad = torch.ones(1), torch.ones(1) if number % 2 else None
        optimizer.step()
        places.append((first.item(), second.item()))
    assert places == [(-1, 0), (-0.5, -1), (-1.5, -1), (-1, -0.5)]


def test_a_set_in_turn_needs_environments():
    table = copy.deepcopy(FISH)
    table["data"] = V_REX["data"]["environments"]["black"]
    with pytest.raises(Exception, match=r"minimize\[0\].sets: the training samples have no groups"):
        training(table)
