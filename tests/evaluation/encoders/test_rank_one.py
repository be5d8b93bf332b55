"""Rank-1 retrieval of partners: by views and by aligned splits."""

import pytest
import torch
from helpers.room import DIGITS, TRAINER

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import RankOne
from matchzoo.evaluation.evaluation import Trained
from matchzoo.evaluation.metrics import rank_one
from matchzoo.recipes.recipe import Recipe

PAIRED = {
    "kind": "combined",
    "environments": {"digits": DIGITS},
    "others": {"pale": {"kind": "shifted", "source": DIGITS, "shifts": [{"kind": "noisy", "std": 0.1}]}},
    "aligned": ["pale"],
}


def trained(views: dict | None = None) -> Trained:
    table = {"schema": 2, "data": PAIRED, "projector": "identity", "trainer": {**TRAINER, "steps": 0}}
    recipe = Recipe.of(table | ({} if views is None else {"views": views}))
    engine = recipe.engine()
    return Trained(parts=recipe.build(engine), engine=engine, method="pixels", seed=0)


def test_partners_of_another_split():
    made = trained()
    splits = [made.parts.data.sets()[name].all().values.flatten(1).double() for name in ("test", "pale-test")]
    expected = rank_one(*(torch.nn.functional.normalize(rows, dim=1) for rows in splits))
    evaluation = RankOne(gallery="pale-test")
    evaluation.check(made.parts)
    [record] = evaluation.evaluate(made)
    assert (record["samples"], record["draws"], record["space"]) == (898, 1, "projector")
    assert record["top1"] == pytest.approx(expected)
    assert record["top1"] > 90
    assert evaluation.table([record])[1][1:4] == ["test", "pale-test", "898"]


def test_a_second_view_of_the_same_rows_is_another_one():
    made = trained({"crop": {"scale": [0.6, 1.0]}})
    [record] = RankOne(draws=2).evaluate(made)
    assert record["chance"] < record["top1"] < 100
    assert record == RankOne(draws=2).evaluate(made)[0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "there are no views, so that 'test' is what it looks for"),
        ({"gallery": "pale"}, "expected as many rows as 'test', 898, got 899"),
        ({"gallery": "pail-test"}, "did you mean 'pale-test'"),
        ({"space": "projectr"}, "did you mean 'projector'"),
    ],
)
def test_what_has_no_partners_is_refused(fields, message):
    with pytest.raises(DeclarationError, match=message):
        RankOne(**fields).check(trained().parts)
