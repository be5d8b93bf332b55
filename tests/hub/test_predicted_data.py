"""Groups of samples by what trained classifiers say of them, against a classifier whose answers are known."""

import copy
from pathlib import Path

import pytest
import torch
from helpers.room import DIGITS, ENCODER, HEAD, SGD
from safetensors.torch import load_file

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data import Data
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run
from matchzoo.runs.run import Run

TABLE = {
    "data": DIGITS,
    "projectors": {"encoder": ENCODER, "head": HEAD},
    "players": {
        "learner": {
            "moves": ["encoder", "head"],
            "optimizer": SGD,
            "minimize": [{"kind": "classification", "space": "head"}],
        }
    },
    "trainer": {"steps": 40, "real_batch": 100, "device": "cpu"},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    table = copy.deepcopy(TABLE)
    first = structure(table, Recipe).run(folder / "first", quiet=True)
    table["trainer"] |= {"steps": 80, "seed": 1}
    return [first, structure(table, Recipe).run(folder / "second", quiet=True)]


def built(runs: list[Run], **changes: object) -> Data:
    paths = tuple(str(run.folder) for run in runs)
    data = structure({"kind": "predicted", "source": DIGITS, "models": paths, **changes}, Data)
    data.build(0)
    return data


def said(run: Run) -> tuple[torch.Tensor, torch.Tensor]:
    """What its network says of every training sample, by hand, and the true labels."""
    split = run.recipe.build().data.training_set
    tensors = load_file(run.folder / "parts.safetensors")
    values = split.all().values.flatten(1)
    for name, last in (("encoder", True), ("head", False)):
        layers = [key for key in tensors if key.startswith(f"{name}/") and key.endswith("weight")]
        for position, key in enumerate(layers):
            values = values @ tensors[key].T + tensors[key.replace("weight", "bias")]
            values = values.tanh() if last and position < len(layers) - 1 else values
    return values.argmax(1), split.labels


def test_the_groups_of_a_classifier_are_what_it_is_right_and_wrong_about(runs: list[Run]) -> None:
    data = built(runs[:1])
    answers, labels = said(runs[0])
    right = answers == labels
    assert 0.2 < right.double().mean() < 0.98
    assert data.group_names == ("right", "wrong")
    assert torch.equal(data.training_set.group, (~right).long())
    assert torch.equal(data.training_set.labels, labels)
    split, rows = data.draw_of("environments/1", 20, Step(1, 0).rng("x"))
    assert not right[rows].any()
    assert len(split) == len(labels)
    assert data.origin()["models"] == [{"from": str(runs[0].folder), "sha256": model_of_run(runs[0], "head").digest}]


def test_of_several_every_sample_is_there_for_each_with_what_it_says(runs: list[Run]) -> None:
    data = built(runs, groups="agreement", labels="predicted")
    answers, labels = zip(*map(said, runs), strict=True)
    assert torch.equal(data.training_set.labels, torch.cat(answers))
    agreed = (answers[0] == labels[0]) == (answers[1] == labels[0])
    disputed = (~agreed).long()
    assert torch.equal(data.training_set.group, torch.cat([disputed, 2 + disputed]))
    assert data.group_names == ("agreed-0", "disputed-0", "agreed-1", "disputed-1")
    assert torch.equal(data.training_set.values, built(runs[:1]).training_set.values.repeat(2, 1, 1, 1))


def test_what_is_wrong_can_be_there_several_times(runs: list[Run]) -> None:
    plain, data = built(runs[:1]), built(runs[:1], wrong_times=5)
    counts = torch.bincount(plain.training_set.group)
    assert torch.bincount(data.training_set.group).tolist() == [counts[0], 5 * counts[1]]


def test_a_saved_model_is_a_classifier_too(runs: list[Run], tmp_path: Path) -> None:
    model_of_run(runs[0], "head").save(tmp_path / "model")
    data = structure({"kind": "predicted", "source": DIGITS, "models": [str(tmp_path / "model")]}, Data)
    data.build(0)
    assert torch.equal(data.training_set.group, built(runs[:1]).training_set.group)


def test_training_goes_on_from_the_mean_of_several(runs: list[Run]) -> None:
    table = copy.deepcopy(TABLE)
    table["projectors"]["head"] = {**HEAD, "init": [f"{run.folder}#head" for run in runs]}
    parts = structure(table, Recipe).build()
    stored = [load_file(run.folder / "parts.safetensors") for run in runs]
    for key, value in parts.projectors["head"].state_dict().items():
        torch.testing.assert_close(value, (stored[0][f"head/{key}"] + stored[1][f"head/{key}"]) / 2)
    assert [one["from"] for one in parts.started["head"]["mean"]] == table["projectors"]["head"]["init"]


WRONG = {
    "no run": ({"models": ["nowhere"]}, r"data\.models\[0\]: nowhere: there is no such folder"),
    "no scores": ({"models": ["RUN#encoder"]}, r"is a projector with 6 features, expected 10, which are class scores"),
    "other samples": ({"source": {**DIGITS, "size": 9}}, r"takes samples of shape \[1, 8, 8\], but .* \[1, 9, 9\]"),
    "no labels": ({"source": "gaussian"}, r"data\.source: expected labels, got none"),
    "alone": ({"groups": "agreement"}, r"data\.models: agreement is of at least 2 classifiers, got 1"),
    "alike": (
        {"groups": "agreement", "models": ["RUN", "RUN"]},
        "no training sample is disputed-0 or disputed-1, of which nothing can be drawn",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str, runs: list[Run]) -> None:
    changes, message = WRONG[name]
    table = {"kind": "predicted", "source": DIGITS, "models": ["RUN"], **changes}
    table["models"] = [path.replace("RUN", str(runs[0].folder)) for path in table["models"]]
    with pytest.raises(DeclarationError, match=message):
        structure(table, Data).build(0)
