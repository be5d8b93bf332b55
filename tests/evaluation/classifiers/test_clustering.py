"""Clusters that a network found: known and novel classes by one assignment, and what is refused."""

import pytest
import torch
from helpers.room import DIGITS, HEAD, SGD, TRAINER, training

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import Clustering, Trained
from matchzoo.evaluation.metrics import hungarian_accuracy

KNOWN = {"kind": "subset", "source": DIGITS, "part": "train", "class_shares": [1.0] * 7 + [0.0] * 3, "test_share": 0}
FOUND = {
    "data": {"kind": "combined", "environments": {"all": DIGITS}, "others": {"labeled": KNOWN}},
    "projector": {**HEAD, "on": None, "features": 12},
    "players": {
        "network": {
            "moves": ["projector"],
            "optimizer": SGD,
            "minimize": [{"kind": "paired", "sets": ["real", "real'"]}],
        }
    },
    "trainer": {**TRAINER, "real_batch": 20},
}


def test_known_and_novel_classes():
    made = training(FOUND)
    evaluation = Clustering(labeled="labeled")
    evaluation.check(made.parts)
    trained = Trained(parts=made.parts, engine=made.engine, method="found", seed=0, quiet=True)
    [record] = evaluation.evaluate(trained)
    test = made.parts.data.test_set.all()
    with torch.no_grad():
        predicted = made.parts.projectors["projector"](test.values.double()).argmax(1)
    assert record["accuracy"] == pytest.approx(hungarian_accuracy(predicted, test.labels)[0])
    assert record["novel"] == pytest.approx(hungarian_accuracy(predicted, test.labels, test.labels >= 7)[0])
    share = (test.labels < 7).double().mean().item()
    assert record["accuracy"] == pytest.approx(share * record["known"] + (1 - share) * record["novel"])
    assert record["clusters"] == len(predicted.unique())
    [alone] = Clustering(split="labeled", labeled="labeled").evaluate(trained)
    assert alone["novel"] is None
    for records in ([record, alone], Clustering().evaluate(trained)):
        assert len({len(row) for row in evaluation.table(records)}) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"split": "tset"}, "split: unknown split 'tset'; did you mean 'test'"),
        ({"labeled": "lableed"}, "labeled: unknown split 'lableed'; did you mean 'labeled'"),
        ({"space": "projetcor"}, "space: unknown projector 'projetcor'; did you mean 'projector'"),
    ],
)
def test_what_is_refused(fields, message):
    with pytest.raises(DeclarationError, match=message):
        Clustering(**fields).check(training(FOUND).parts)
