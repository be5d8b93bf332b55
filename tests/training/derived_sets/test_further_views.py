"""Further views of a set: on top of those that all sets have, each set's own, the same whenever a step is played."""

import copy

import pytest
import torch
from helpers.room import V_REX, training

from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step

STRONG = {"kind": "views", "views": {"flip": 0.5, "noise": {"std": 0.1, "probability": 1.0}}}


def table(**changes: object) -> dict:
    made = copy.deepcopy(V_REX)
    made |= {"sets": {"strong": {**STRONG, **changes}, "other": STRONG}, "views": {"crop": {"scale": [0.5, 1.0]}}}
    classification = {"kind": "classification", "space": "head"}
    pair = {"kind": "paired", "space": "encoder", "sets": ["strong'", "other"]}
    made["players"]["learner"]["minimize"] = [classification, {**classification, "sets": ["strong"]}, pair]
    return made


def test_views_are_of_the_views_that_all_sets_have():
    made = training(table())
    sets = made.sets(("learner",), Step(1, 3), 0)
    real, strong, again, other = (sets[name].samples() for name in ("real", "strong", "strong'", "other"))
    for samples in (strong, again, other):
        assert torch.equal(real.index, samples.index)
        assert torch.equal(real.labels, samples.labels)
    noise = torch.minimum(*((strong.values - x).flatten(1).std(1) for x in (real.values, real.values.flip(3))))
    assert noise.mean() == pytest.approx(0.1, abs=0.01)
    assert not torch.equal(strong.values, other.values)
    assert not torch.equal(strong.values, again.values)
    assert torch.equal(made.sets(("learner",), Step(1, 3), 0)["strong"].samples().values, strong.values)
    assert made.step(1)["learner/minimize[1]"] > 0


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ({"size": 5}, r"sets\.strong\.views: are one of each sample, of its own size"),
        ({"copies": 2}, "leave out copies"),
        ({"augment": {"operations": ["shift"]}}, r"sets\.strong\.views\.augment\.mean: missing"),
    ],
)
def test_what_is_refused(views, message):
    with pytest.raises(DeclarationError, match=message):
        training(table(views=views))
