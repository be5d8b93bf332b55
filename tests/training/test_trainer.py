"""Sets of other sizes than most: what is drawn, gradients in chunks, what a plan says, and what is refused."""

import copy

import pytest
import torch
from helpers.room import DIGITS, V_REX, training

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.recipes.planning import plan
from matchzoo.recipes.recipe import Recipe

FEW = {"kind": "subset", "source": DIGITS, "part": "train", "samples": 20, "test_share": 0}
TABLE = copy.deepcopy(V_REX)
TABLE["data"] = {"kind": "combined", "environments": {"few": FEW}, "others": {"many": DIGITS}, "unlabeled": ["many"]}
TABLE["views"] = {"flip": 0.5}
TABLE["sets"] = {"strong": {"kind": "views", "of": "many", "views": {"flip": 0.5}}}
TABLE["players"]["learner"]["minimize"] = [
    {"kind": "classification", "space": "head"},
    {"kind": "distillation", "space": "head", "sets": ["many", "strong"], "rows": "confident", "threshold": 0.1},
]
TABLE["trainer"] = {**TABLE["trainer"], "real_batch": 4, "split_batch": {"many": 11}}


def test_every_set_has_its_size_in_chunks_as_well():
    whole, parts = training(TABLE), training(TABLE, **{"trainer.chunk": 3})
    assert (whole.longest, whole.chunk) == (11, 11)
    sizes = {"real": 4, "many": 11, "strong": 11}
    gradients = []
    for made in (whole, parts):
        made._let_move({"encoder", "head"})
        sets = made.sets(("learner",), Step(2, 3), 0)
        assert {name: len(drawn) for name, drawn in sets.items()} == sizes
        gradients.append(made.gradients(made.parts.players, sets, Step(2, 3))[1]["learner"])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-13)
    weak, strong = (sets[name].samples() for name in ("many", "strong"))
    assert torch.equal(weak.index, strong.index)  # the same rows, under one more view
    made = plan(structure(TABLE, Recipe))
    assert "4 real ones, 11 of many" in made.about["step"]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"mnay": 3}, "split_batch.mnay: unknown split 'mnay'; did you mean 'many'"),
        ({"real": 3}, "split_batch.real: 'real' has the rows of real; use trainer.real_batch"),
        ({"many": 0}, "split_batch: expected at least 1, got 0"),
    ],
)
def test_what_is_refused(sizes, message):
    with pytest.raises(DeclarationError, match=message):
        training(TABLE, **{"trainer.split_batch": sizes})
