"""Adapted accuracy in a recipe: against the plain functions, with weights, and what is refused."""

import copy

import pytest

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import AdaptedAccuracy, Trained, scorers
from matchzoo.evaluation.adaptation import adapt
from matchzoo.projectors import Recoloring
from matchzoo.ratios import ULSIF
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

DIGITS = {"kind": "digits", "size": 8, "channels": 1}
TABLE = {
    "data": {
        "kind": "combined",
        "environments": {"upright": DIGITS},
        "others": {"target": {"kind": "shifted", "source": DIGITS, "shifts": [{"kind": "rotated", "degrees": 20.0}]}},
        "unlabeled": ["target"],
    },
    "projectors": {"aligned": {"kind": "recoloring", "ridge": 0.1}},
    "trainer": {"steps": 0, "device": "cpu"},
}


@pytest.fixture(scope="module")
def trained():
    recipe = structure(copy.deepcopy(TABLE), Recipe)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    return Trained(parts=training.parts, engine=engine, method="coral", seed=0, quiet=True)


def test_it_is_adapt_on_the_samples(trained):
    evaluation = AdaptedAccuracy(scorers=("entropy", "dev"), baselines=("source-only",))
    evaluation.check(trained.parts)
    aligned, plain = evaluation.evaluate(trained)
    splits = trained.parts.data.sets()
    rows = {name: splits[name].all().values.flatten(1).double() for name in ("real", "target", "target-test", "test")}
    expected = adapt(rows["real"], splits["real"].labels, rows["target"], Recoloring(ridge=0.1), standardize=False)
    right = expected.predict(rows["target-test"]) == splits["target-test"].labels
    assert aligned["top1"] == pytest.approx(100 * right.double().mean().item())
    assert (aligned["method"], plain["method"], aligned["top1_split"]) == ("coral", "source-only", "target-test")
    assert aligned["top1"] > plain["top1"] + 3
    assert aligned["mmd2_after"] < aligned["mmd2_before"] == plain["mmd2_after"]
    assert aligned["scores"]["entropy"] == pytest.approx(-scorers.prediction_entropy(expected.scores(rows["target"])))
    assert aligned["scores"]["dev"] < 0
    assert [row[:3] for row in evaluation.table([aligned, plain])][2] == [
        "source-only",
        "target-test",
        f"{plain['top1']:.1f}",
    ]


def test_labels_of_the_target_change_no_score(trained):
    evaluation = AdaptedAccuracy(baselines=())
    [own] = evaluation.evaluate(trained)
    labels = trained.parts.data.sets()["target-test"].labels
    kept = labels.clone()
    labels.copy_((labels + 1) % 10)
    [other] = evaluation.evaluate(trained)
    labels.copy_(kept)
    assert own["scores"] == other["scores"]
    assert own["top1"] > other["top1"]


def test_weights_in_place_of_an_alignment(trained):
    evaluation = AdaptedAccuracy(weights=ULSIF(bandwidths=("median",), ridges=(0.1,)), baselines=(), scorers=())
    evaluation.check(trained.parts)
    [record] = evaluation.evaluate(trained)
    assert 1 < record["effective_sample_size"] < 899


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"space": "algined"}, "expected an alignment, one of aligned, got 'algined'; did you mean 'aligned'"),
        ({"weights": ULSIF(), "target": "tagret"}, "unknown split 'tagret'; did you mean 'target'"),
        ({"weights": ULSIF(), "space": "x"}, "unknown projector 'x'"),
        ({"scorers": ("dev",), "held_out": "target"}, "the split 'target' has no labels"),
    ],
)
def test_what_is_refused(trained, fields, message):
    with pytest.raises(DeclarationError, match=message):
        AdaptedAccuracy(**fields).check(trained.parts)


def test_a_recipe_without_an_alignment():
    table = {**copy.deepcopy(TABLE), "projectors": {"plain": {"kind": "identity"}}}
    recipe = structure(table, Recipe)
    parts = recipe.build(recipe.engine())
    with pytest.raises(DeclarationError, match="has no alignment; add one, or give weights"):
        AdaptedAccuracy().check(parts)
