"""Scorers of a trained network in a recipe: against the plain functions, and what is refused."""

import copy

import pytest
import torch
import torch.nn.functional as F
from helpers.room import DIGITS, V_REX, training

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import Accuracy, Trained, Unlabeled, scorers
from matchzoo.ratios import ULSIF

ALL = (
    "entropy",
    "mutual-information",
    "soft-neighborhood-density",
    "mano",
    "mixval",
    "circular",
    "importance-weighted",
    "dev",
)


@pytest.fixture(scope="module")
def made():
    table = copy.deepcopy(V_REX)
    table["data"] = {
        "kind": "combined",
        "environments": {"black": DIGITS, "faint": {**DIGITS, "background": 0.4}},
        "others": {"target": {**DIGITS, "background": 1.0}},
        "unlabeled": ["target"],
    }
    return training(table)


def trained(made):
    return Trained(parts=made.parts, engine=made.engine, method="v-rex", seed=0, quiet=True)


def test_scores_are_those_of_the_functions(made):
    evaluation = Unlabeled(scorers=ALL, ratio=ULSIF(bandwidths=("median",), ridges=(0.1,)))
    evaluation.check(made.parts)
    [record] = evaluation.evaluate(trained(made))
    encoder, head = (made.parts.projectors[name] for name in ("encoder", "head"))
    splits = made.parts.data.sets()
    with torch.no_grad():
        features = {name: encoder(splits[name].all().values.double()) for name in ("target", "test")}
        logits, of_source = head(features["target"]), head(features["test"])
        losses = F.cross_entropy(of_source, splits["test"].labels, reduction="none")
        weights = evaluation.ratio.fit(features["target"], features["test"]).denominator
        mixed = scorers.mixed_agreement(
            splits["target"].all().values, lambda x: head(encoder(x.double())).argmax(1), seed=0
        )
    expected = {
        "entropy": -scorers.prediction_entropy(logits),
        "mutual-information": scorers.mutual_information(logits),
        "soft-neighborhood-density": scorers.soft_neighborhood_density(logits),
        "mano": scorers.matrix_norm(logits),
        "mixval": mixed.mean,
        "importance-weighted": -scorers.importance_weighted_risk(losses, weights),
        "dev": -scorers.deep_embedded_risk(losses, weights),
    }
    assert set(record["scores"]) == set(ALL)
    assert {name: record["scores"][name] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert 0 <= record["scores"]["circular"] <= 1
    [judged] = Accuracy(split="target-test").evaluate(trained(made))
    assert (record["top1"], record["top1_split"]) == (judged["top1"], "target-test")
    rows = evaluation.table([record])
    assert len(rows[0]) == len(rows[1]) == 12


def test_labels_change_no_score(made):
    [own] = Unlabeled(split="test").evaluate(trained(made))
    labels = made.parts.data.test_set.labels
    kept = labels.clone()
    labels.copy_((labels + 1) % 10)
    [other] = Unlabeled(split="test").evaluate(trained(made))
    labels.copy_(kept)
    assert own["scores"] == other["scores"]
    assert own["top1"] != other["top1"]


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        (Unlabeled(split="taget"), r"evaluation\.split: unknown split 'taget'; did you mean 'target'"),
        (Unlabeled(source="target", scorers=("dev",)), r"evaluation\.source: the split 'target' has no labels"),
        (Unlabeled(space="encoder"), r"evaluation\.space: class scores are 10 features, got 6"),
    ],
)
def test_what_is_refused_before_training(made, evaluation, message):
    with pytest.raises(DeclarationError, match=message):
        evaluation.check(made.parts)
