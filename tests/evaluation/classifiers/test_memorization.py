"""What was learned of wrong labels: against plain counts, and what is refused."""

import pytest
import torch
from helpers.room import DIGITS, HEAD, SGD, TRAINER, training

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import Calibration, Memorization, Trained
from matchzoo.evaluation.classifiers.memorization import shares_of_wrong_labels

NOISY = {
    "data": {"kind": "noisy-labels", "source": DIGITS, "rate": 0.3},
    "projector": {**HEAD, "on": None},
    "players": {
        "classifier": {
            "moves": ["projector"],
            "optimizer": SGD,
            "minimize": ["classification", {"kind": "early-learning", "weight": 3.0}],
        }
    },
    "trainer": {**TRAINER, "real_batch": 500},
}


def test_shares_are_plain_counts():
    labels, clean = torch.tensor([0, 1, 2, 0, 1]), torch.tensor([0, 1, 1, 1, 2])
    predicted = torch.tensor([0, 0, 2, 1, 0])
    assert shares_of_wrong_labels(predicted, labels, clean) == pytest.approx((100 / 3, 100 / 3, 40))


def test_classifier_and_memory_each_have_a_record():
    made = training(NOISY)
    made.step(1)
    trained = Trained(parts=made.parts, engine=made.engine, method="elr", seed=0, quiet=True)
    evaluation = Memorization()
    evaluation.check(made.parts)
    records = evaluation.evaluate(trained)
    assert [record["method"] for record in records] == ["elr", "memory of early-learning"]

    split, clean = made.parts.data.training_set, made.parts.data.clean_labels
    with torch.no_grad():
        predicted = made.parts.projectors["projector"](split.all().values.double()).argmax(1)
    wrong = split.labels != clean
    assert records[0]["wrong"] == int(wrong.sum())
    assert records[0]["memorized"] == pytest.approx(100 * (predicted == split.labels)[wrong].double().mean().item())
    memory = next(term for _, _, term in made.parts.terms() if hasattr(term, "memory")).memory
    assert records[1]["right"] == pytest.approx(100 * (memory.argmax(1) == clean).double().mean().item())
    assert len({len(row) for row in evaluation.table(records)}) == 1


def test_calibration_of_a_split():
    made = training(NOISY)
    trained = Trained(parts=made.parts, engine=made.engine, method="elr", seed=0, quiet=True)
    Calibration().check(made.parts)
    [record] = Calibration().evaluate(trained)
    test = made.parts.data.test_set.all()
    with torch.no_grad():
        logs = made.parts.projectors["projector"](test.values.double()).log_softmax(1)
    assert record["nll"] == pytest.approx(-logs[torch.arange(len(logs)), test.labels].mean().item())
    assert 0 <= record["ece"] <= 100
    assert len({len(row) for row in Calibration().table([record])}) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [(DIGITS, 'use data of kind "noisy-labels"'), ({**NOISY["data"], "rate": 0.0}, "no training label was changed")],
)
def test_data_without_wrong_labels_are_refused_before_training(data, message):
    with pytest.raises(DeclarationError, match=message):
        Memorization().check(training({**NOISY, "data": data}).parts)
