"""A finished run measured by other evaluations: what is there stays, what is new is added, and all of it whole."""

import copy
import json
import re

import attrs
import pytest
from helpers.tables import LGM

from matchzoo import recipes
from matchzoo.cli.main import main
from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.evaluation import FromScratch, LinearProbe
from matchzoo.models.networks import MLP
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.reevaluation import evaluate_again, of_text

QUICK = {"kind": "linear-probe", "protocol": "nearest-centroid", "baselines": []}
SCRATCH = FromScratch(network=MLP(widths=(4,)), epochs=2, seeds=2)
WORDS = '{ kind = "from-scratch", network = { kind = "mlp", widths = [4] }, epochs = 2, seeds = 2 }'


@pytest.fixture
def run(tmp_path):
    """A selection of real images, in the space of pixels."""
    table = {"data": copy.deepcopy(LGM["data"]), "projector": "identity", "evaluation": [QUICK]}
    table["generator"] = {"kind": "selection", "method": "random", "images_per_class": 2}
    return Recipe.of(table | {"trainer": {"steps": 0, "device": "cpu"}}).run(tmp_path / "run", quiet=True, name="own")


def test_records_are_added_and_nothing_is_lost(run) -> None:
    before = json.loads((run.folder / "metrics.json").read_text())
    recipe = (run.folder / "recipe.toml").read_bytes()
    made = evaluate_again(run, [SCRATCH], quiet=True)
    after = json.loads((run.folder / "metrics.json").read_text())
    assert after["results"][: len(before["results"])] == before["results"]
    new = after["results"][len(before["results"]) :]
    assert [(r["method"], r["evaluation"], r["number"]) for r in new] == [
        ("own", "from-scratch", 1),
        ("random", "from-scratch", 1),
    ]
    assert {**after, "results": before["results"]} == {**before, "added": after["added"]}
    assert made.metrics == after == recipes.open(run.folder).metrics
    assert [one.kind for one in made.evaluations] == ["linear-probe", "from-scratch"]
    assert (run.folder / "recipe.toml").read_bytes() == recipe
    assert recipes.open(run.folder).recipe.run(run.folder, quiet=True).metrics == after  # it is the same run
    assert run.distilled.scores == tuple(after["results"])
    page = (run.folder / "report.html").read_text()
    assert "From scratch" in page
    assert "Linear probe" in page
    assert "from-scratch" in made._repr_html_()


def test_the_same_records_as_of_a_run_that_declares_it(run, tmp_path) -> None:
    declared = run.recipe.replace(evaluation=[QUICK, to_table(SCRATCH)]).run(tmp_path / "both", quiet=True, name="own")
    made = evaluate_again(run, [SCRATCH], quiet=True)
    strip = [
        [{k: v for k, v in r.items() if k != "seconds"} for r in one.metrics["results"]] for one in (declared, made)
    ]
    assert strip[0] == strip[1]


def test_what_is_there_is_not_measured_twice(run) -> None:
    first = evaluate_again(run, [SCRATCH, SCRATCH], quiet=True)
    assert len(first.evaluations) == 2
    again = evaluate_again(first, [SCRATCH, LinearProbe(protocol="nearest-centroid", baselines=())], quiet=True)
    assert again.metrics == first.metrics


def test_a_call_that_was_cut_off_leaves_files_that_are_whole(run, monkeypatch) -> None:
    from matchzoo.hub.distilled import DistilledDataset

    def killed(*_):
        raise KeyboardInterrupt

    old = run.distilled.scores
    with monkeypatch.context() as patch:
        patch.setattr(SCRATCH.__class__, "evaluate", killed)
        with pytest.raises(KeyboardInterrupt):
            evaluate_again(run, [SCRATCH], quiet=True)
    assert recipes.open(run.folder).metrics == run.metrics
    with monkeypatch.context() as patch:
        patch.setattr(DistilledDataset, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            evaluate_again(run, [SCRATCH], quiet=True)
    assert run.distilled.scores == old
    assert len(recipes.open(run.folder).metrics["results"]) > len(old)
    evaluate_again(recipes.open(run.folder), [SCRATCH], quiet=True)
    assert run.distilled.scores == tuple(recipes.open(run.folder).metrics["results"])
    assert not [path for path in run.folder.rglob("*") if ".tmp-" in path.name or path.name == files.LOCK]


def test_values_are_those_after_training(lgm, tmp_path) -> None:
    """A distillation that moved: its probe, made once more of the folder, is that of the run."""
    lgm["trainer"]["steps"] = 3
    lgm["evaluation"] = [QUICK]
    run = Recipe.of(lgm).run(tmp_path / "run", quiet=True)
    other = LinearProbe(protocol="nearest-centroid", baselines=(), seeds=2)
    first, second = evaluate_again(run, [other], quiet=True).metrics["results"]
    assert first["top1"] == second["top1"]
    assert first["per_class"] == second["per_class"]


def test_on_the_command_line(run, capsys) -> None:
    main(["evaluate", str(run.folder), "--evaluation", WORDS, "--quiet"])
    said = capsys.readouterr().out
    assert re.search(r"own +mlp +20 +[\d.]+ \(sd [\d.]+\)", said)
    assert f"added 1 evaluation to {run.folder}" in said
    main(["evaluate", str(run.folder), "--evaluation", WORDS, "--quiet"])
    assert "added 0 evaluations" in capsys.readouterr().out
    main(["evaluate", str(run.folder), "--evaluation", WORDS, "--quiet", "--json"])
    assert len(json.loads(capsys.readouterr().out)["runs"][0]["results"]) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--evaluation", "from-scrach"], "did you mean 'from-scratch'"),
        (["--evaluation", '{ kind = "from-scratch", epoch = 3 }'], "did you mean 'epochs'"),
        (["--evaluation", "{ kind = "], "--evaluation: expected a table"),
        (["--evaluation", "mode-coverage"], "data whose modes are known"),
        (["--evaluation", "from-scratch", "--backbone", "tiny"], "--backbone: an --evaluation says that itself"),
        ([], "give backbones"),
    ],
)
def test_what_is_refused_leaves_the_run_as_it_was(run, words, message, capsys) -> None:
    before = (run.folder / "metrics.json").read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(run.folder), *words])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert (run.folder / "metrics.json").read_bytes() == before


def test_damage_is_told(run) -> None:
    damaged = attrs.evolve(run, metrics={**run.metrics, "added": [{"evaluation": "no-such"}]})
    with pytest.raises(MatchZooError, match="added"):
        evaluate_again(damaged, [SCRATCH])
    assert [one.kind for one in of_text(["accuracy", '{ kind = "two-sample", samples = 9 }'])] == [
        "accuracy",
        "two-sample",
    ]
