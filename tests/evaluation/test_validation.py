"""An evaluation of samples that are kept apart: the same as the other one of data whose test part they are."""

import copy

import pytest
from helpers.tables import RING

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import TwoSample, Validation
from matchzoo.recipes.recipe import Recipe


@pytest.fixture
def ring():
    table = copy.deepcopy(RING)
    table["data"] |= {"validation_share": 0.2}
    table["trainer"] |= {"steps": 1}
    table["evaluation"] = [{"kind": "two-sample", "samples": 50}, {"kind": "validation", "of": "two-sample"}]
    return table


def test_it_measures_on_the_samples_that_are_kept_apart(ring, tmp_path):
    run = Recipe.of(ring).run(tmp_path / "run", quiet=True)
    records = [record for record in run.metrics["results"] if record["number"] == 1]
    assert [(r["measures"], r["split"], r["samples"]) for r in records] == [
        ("two-sample", "validation", 2000),
        ("two-sample", "validation", 400),
    ]
    assert records[0]["mmd2"] != run.metrics["results"][0]["mmd2"]
    assert run.evaluations[1].table(records)[0][-1] == "split"


@pytest.mark.parametrize(
    ("share", "split", "message"),
    [
        (0.0, "validation", "there is no split 'validation'; set data.validation_share = 0.2"),
        (0.2, "test", "expected a split that is kept apart, such as validation, got 'test'"),
        (0.2, "validatoin", "there is no split 'validatoin'; the data have real, train, test, validation; did you"),
    ],
)
def test_a_split_that_cannot_choose_is_refused(ring, share, split, message):
    ring["data"]["validation_share"] = share
    parts = Recipe.of(ring).build()
    with pytest.raises(DeclarationError, match=message):
        Validation(of=TwoSample(), split=split).check(parts)
