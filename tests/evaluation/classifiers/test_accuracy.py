"""Accuracy of a head: against a plain count, by environment, and what is refused."""

import copy

import pytest
import torch
from helpers.room import V_REX, training

from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import Accuracy, Trained
from matchzoo.evaluation.classifiers.accuracy import group_accuracies


@pytest.mark.parametrize("split", ["test", "real"])
def test_it_is_a_plain_count(split):
    made = training(V_REX)
    trained = Trained(parts=made.parts, engine=made.engine, method="v-rex", seed=0, quiet=True)
    [record] = Accuracy(split=split).evaluate(trained)
    own = made.parts.data.sets()[split]
    encoder, head = (made.parts.projectors[name] for name in ("encoder", "head"))
    with torch.no_grad():
        right = head(encoder(own.all().values.double())).argmax(1) == own.labels
    assert record["top1"] == pytest.approx(100 * right.double().mean().item())
    assert record["groups"] == {
        name: pytest.approx(100 * right[own.group == i].double().mean().item())
        for i, name in enumerate(("black", "faint", "strong"))
    }
    assert record["worst_group"] == min(record["groups"].values())
    rows = Accuracy().table([record])
    assert rows[0][-4:] == ["worst group %", "black", "faint", "strong"]
    assert len(rows[1]) == len(rows[0])


def test_a_group_without_samples_has_none():
    right, group = torch.tensor([True, False, True]), torch.tensor([0, 0, 2])
    assert group_accuracies(right, group, 3) == [50.0, None, 100.0]


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        (Accuracy(split="tset"), r"evaluation\.split: unknown split 'tset'; did you mean 'test'"),
        (Accuracy(space="encoder"), r"evaluation\.space: class scores are 10 features, got 6"),
        (Accuracy(statistics="tset"), r"evaluation\.statistics: unknown split 'tset'; did you mean 'test'"),
        (Accuracy(statistics="test"), r"evaluation\.statistics: there is no batch norm on the way to 'head'"),
        (Accuracy(space="haed"), r"evaluation\.space: unknown projector 'haed'; did you mean 'head'"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_training(evaluation, message):
    with pytest.raises(DeclarationError, match=message):
        evaluation.check(training(V_REX).parts)


def test_without_a_head_it_is_refused():
    table = copy.deepcopy(V_REX)
    table["projectors"].pop("head")
    table["players"]["learner"] = {
        "moves": ["encoder"],
        "minimize": [{"kind": "mmd", "bandwidths": [1.0], "sets": "environments"}],
    }
    table["projectors"]["other"] = {**table["projectors"]["encoder"]}
    table["players"]["learner"]["minimize"][0]["space"] = "encoder"
    with pytest.raises(DeclarationError, match="no projector has 10 features, which would be class scores"):
        Accuracy().check(training(table).parts)


def test_batch_norm_takes_the_statistics_of_a_split_and_gets_its_own_back():
    table = copy.deepcopy(V_REX)
    table["projectors"]["encoder"]["network"]["norm"] = "batch"
    made = training(table)
    made.step(1)
    encoder, head = (made.parts.projectors[name].eval() for name in ("encoder", "head"))
    own, seen = (made.parts.data.sets()[name] for name in ("test", "real"))
    before = copy.deepcopy(encoder.state_dict())
    trained = Trained(parts=made.parts, engine=made.engine, method="v-rex", seed=0, quiet=True)
    shown = Accuracy(split="test", statistics="real")
    shown.check(made.parts)
    [record] = shown.evaluate(trained)
    assert all(torch.equal(value, before[key]) for key, value in encoder.state_dict().items())
    assert not any(module.training for module in encoder.modules())

    linear, norm, activation, last, _ = encoder.network.layers
    with torch.no_grad():
        hidden, shift = (linear(split.all().values.double().flatten(1)) for split in (own, seen))
        variance, mean = torch.var_mean(shift, 0)
        hidden = norm.weight * (hidden - mean) / (variance + norm.eps).sqrt() + norm.bias
        right = head(last(activation(hidden))).argmax(1) == own.labels
    assert record["top1"] == pytest.approx(100 * right.double().mean().item(), abs=0.2)
    assert record["top1"] != Accuracy(split="test").evaluate(trained)[0]["top1"]
    assert record["statistics"] == "real"
    assert Accuracy().table([record])[0][2:4] == ["batch norm of", "samples"]
