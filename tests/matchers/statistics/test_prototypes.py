"""Class prototypes: running means by hand, pseudo-labels, and refusals."""

import copy

import pytest
import torch
from helpers.room import DIGITS, HEAD, V_REX, training

from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics import Prototypes
from matchzoo.projectors import Projector

STEP = Step(1, 0)


class Second(Projector):
    """Scores that choose class 1 where the first feature is above 0."""

    def build(self, spec):
        return 3

    def project(self, x):
        return torch.stack([torch.zeros(len(x)), x[:, 0], torch.full((len(x),), -9.0)], 1).to(x)


@pytest.fixture
def statistic():
    made = Prototypes(head="head", decay=0.75)
    made.build(Spec(shape=(2,), features=2, classes=3, sets=2, space="projectors.encoder"))
    made.bind({"head": Second(on="encoder")})
    return made


def test_running_means_by_hand(statistic):
    x = torch.tensor([[1.0, 1.0], [3.0, 1.0], [5.0, 5.0]], requires_grad=True)
    target = torch.tensor([[2.0, 0.0], [4.0, 2.0]])
    source = Samples(x, torch.tensor([1, 1, 2]))
    first, second = statistic.measure_all([source, Samples(target)], STEP)
    assert first.tolist() == [[0, 0], [2, 1], [0, 0]]  # the head says class 1 of the whole target
    assert second.tolist() == [[0, 0], [3, 1], [0, 0]]
    [gradient] = torch.autograd.grad(first.sum(), x)
    assert gradient.tolist() == [[0.125, 0.125], [0.125, 0.125], [0, 0]]
    assert not statistic.known.any()  # nothing is written before the update has succeeded

    statistic.after_step()
    assert statistic.past[0].tolist() == [[0, 0], [2, 1], [5, 5]]
    assert statistic.known.tolist() == [[False, True, True], [False, True, False]]
    later = Samples(torch.tensor([[6.0, 1.0], [0.0, 0.0]]), torch.tensor([1, 0]))
    first, second = statistic.measure_all([later, Samples(-target)], STEP)
    assert first.tolist() == [[0, 0], [3, 1], [0, 0]]
    assert second.tolist() == [[-3, -1], [3, 1], [0, 0]]  # class 0 now is of both; class 1 keeps its prototype


TABLE = copy.deepcopy(V_REX)
TABLE["data"] = {
    "kind": "combined",
    "environments": {"black": DIGITS},
    "others": {"target": {**DIGITS, "background": 0.65}},
    "unlabeled": ["target"],
}
TABLE["players"]["learner"]["minimize"] = [
    {"kind": "classification", "space": "head"},
    {
        "kind": "statistic",
        "space": "encoder",
        "sets": ["real", "target"],
        "statistic": {"kind": "prototypes", "head": "head"},
        "distance": "squared",
        "reduction": "pairwise",
    },
]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head": "haed"}, "unknown projector 'haed'; did you mean 'head'"),
        ({"head": "other"}, "the head stands on 'samples', but the term's space is 'encoder'"),
    ],
)
def test_a_head_that_stands_elsewhere_is_refused(change, message):
    table = copy.deepcopy(TABLE)
    table["projectors"]["other"] = {**{k: v for k, v in HEAD.items() if k != "on"}}
    table["players"]["learner"]["minimize"][1]["statistic"] |= change
    with pytest.raises(DeclarationError, match=message):
        training(table)
