"""Projection on the past of a head's statistics: golden values, brute force and state."""

import copy

import pytest
import torch
from helpers.room import V_REX, training

from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.matchers.statistics import principal_directions

TABLE = copy.deepcopy(V_REX)
TABLE["players"]["learner"]["minimize"][1] |= {
    "space": "encoder",
    "sets": ["environments/0", "test"],
    "weight": 1.0,
    "reduction": "to-reference",
    "statistic": {
        "kind": "past-subspace",
        "statistic": {"kind": "linear-head", "head": "head", "decay": 0.5},
        "rows": 3,
        "every": 2,
        "share": 1.0,
    },
}
EXACT = {"rtol": 0, "atol": 1e-12}


def test_golden_values(golden):
    values = golden("alignment.npz")
    directions = principal_directions(torch.from_numpy(values["bank"]))
    assert directions.shape[1] == values["bank_rank98"]
    torch.testing.assert_close(directions @ directions.T, torch.from_numpy(values["bank_projector"]), **EXACT)


@pytest.mark.parametrize(("share", "rank"), [(0.0, 1), (0.5, 1), (0.8, 2), (1.0, 3)])
def test_as_few_directions_as_hold_the_share(share, rank):
    assert principal_directions(torch.diag(torch.tensor([2.0, 1.5, 1.0])), share).shape == (3, rank)


def test_nothing_has_no_directions():
    assert principal_directions(torch.zeros(4, 2)).shape == (4, 0)


def test_statistics_are_projected_on_the_last_ones_of_the_first_set():
    made = training(TABLE)
    statistic = made.parts.players["learner"].terms[1].statistic
    inner, past = statistic.statistic, []
    for number in range(1, 7):
        features = {name: own.features() for name, own in made.sets(("learner",), Step(number, 3), 0).items()}
        first = features["environments/0"]["encoder"]
        past.append((inner.past[0] + inner.measure(first, Step(1, 0))).detach().flatten())  # decay 0.5
        value = made.step(number)["learner/minimize[1]"]
        assert (value > 0) == (number > 3)  # until there is a past
        if number in (3, 5):
            torch.testing.assert_close(statistic.directions.T @ statistic.directions, torch.eye(3).double(), **EXACT)
            expected = principal_directions(torch.stack(past[-3:], 1), 1.0)
            found = statistic.directions @ statistic.directions.T
            torch.testing.assert_close(found, expected @ expected.T, rtol=0, atol=1e-9)


def test_looking_is_no_update():
    made = training(TABLE)
    made.discrepancies(1)
    made.step(1)
    assert made.state()["terms/learner/minimize[1]/statistic.count"] == 1


def test_a_statistic_whose_size_is_not_known_is_refused():
    table = copy.deepcopy(TABLE)
    table["players"]["learner"]["minimize"][1]["statistic"]["statistic"] = "moments"
    with pytest.raises(DeclarationError, match='use kind = "linear-head"'):
        training(table)
