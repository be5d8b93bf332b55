"""What version 0.1 left behind still opens, is evaluated and resumed, and its words are told where one types them."""

import shutil
from pathlib import Path

import pytest
import torch

from matchzoo import recipes
from matchzoo.cli.main import main
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.hub import DistilledDataset
from matchzoo.recipes.recipe import Recipe
from matchzoo.recipes.upgrade import upgraded

RUNS = Path(__file__).parents[1] / "golden/runs-0.1"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(RUNS, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["lgm", "ring"])
def test_runs_open_and_are_finished(name, runs):
    run = recipes.open(runs / name)
    assert run.recipe.schema == 2
    assert run.generator.sample(3).values.isfinite().all()
    assert run.recipe.run(runs / name, quiet=True).metrics == run.metrics


def test_a_set_is_read_and_evaluated(runs, capsys):
    distilled = DistilledDataset.load(str(runs / "lgm/distilled"))
    assert distilled.preprocessing["normalization"]["mean"] == [0.485, 0.456, 0.406]
    assert "normalisation" not in distilled.preprocessing
    main(["evaluate", "lgm/distilled", "--backbone", "tiny.toml", "--protocol", "ridge", "--seeds", "1", "--quiet"])
    assert "tiny" in capsys.readouterr().out
    distilled.save(runs / "again")
    again = DistilledDataset.load(str(runs / "again"))
    assert torch.equal(again.images, distilled.images)


def test_an_unfinished_run_goes_on(runs):
    (runs / "ring/metrics.json").unlink()
    stored = Recipe.read(runs / "ring/recipe.toml")
    finished = stored.run(runs / "ring", quiet=True)
    assert finished.metrics["steps"] == 5


def test_every_old_word_means_what_it_meant():
    old = {
        "schema": 1,
        "players": {
            "a": {
                "moves": ["generator"],
                "minimize": [
                    "linear-probe",
                    {"kind": "linear-probe", "ridge": 1.0, "reference": {"kind": "cache", "half": True}},
                    {"kind": "classification", "side": "synthetic"},
                    {"kind": "statistic", "statistic": {"kind": "per-group", "statistic": "class-centres"}},
                    {"kind": "ratio", "form": "centred", "estimator": {"kind": "ulsif", "centres": 5}},
                ],
            }
        },
        "generator": {"kind": "pyramid", "soft_labels": "learnt"},
        "views": {"augment": {"operations": ["colour", "flip"]}},
        "evaluation": [{"kind": "linear-probe"}],
    }
    assert upgraded(old) == {
        "schema": 2,
        "players": {
            "a": {
                "moves": ["generator"],
                "minimize": [
                    "induced-probe",
                    {"kind": "induced-probe", "ridge": 1.0, "reference": {"kind": "cache", "float16": True}},
                    {"kind": "classification", "sets": ["synthetic"]},
                    {"kind": "statistic", "statistic": {"kind": "per-class", "statistic": "class-means"}},
                    {"kind": "ratio", "form": "centered", "estimator": {"kind": "ulsif", "centers": 5}},
                ],
            }
        },
        "generator": {"kind": "pyramid", "soft_labels": "learned"},
        "views": {"augment": {"operations": ["color", "flip"]}},
        "evaluation": [{"kind": "linear-probe"}],
    }


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ({"kind": "linear-probe"}, "unknown matcher 'linear-probe'; it is called 'induced-probe' now"),
        ({"kind": "classification", "side": "real"}, r"unknown key for 'classification'; say sets = \[\"synthetic\"\]"),
        (
            {"kind": "statistic", "statistic": "per-group", "distance": "squared"},
            "unknown statistic 'per-group'; it is called 'per-class' now",
        ),
        (
            {"kind": "mmd", "bandwidths": [1.0], "reference": {"kind": "cache", "half": True}},
            "unknown key for 'cache'; say float16",
        ),
    ],
    ids=str,
)
def test_errors_name_the_new_word(term, message, lgm):
    lgm["players"]["generator"]["minimize"] = [term]
    with pytest.raises(DeclarationError, match=message):
        structure(lgm, Recipe)
