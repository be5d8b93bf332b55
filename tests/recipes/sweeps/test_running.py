"""A sweep of small runs: its runs are those of their recipes, and it goes on where it was."""

import copy

import pytest
from helpers.resuming import Stop, stop_after
from helpers.tables import RING

from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.recipe import Recipe
from matchzoo.recipes.sweeps import sweep, with_validation
from matchzoo.recipes.sweeps.running import RESULTS

LR = "players.generator.optimizer.lr"
AXES = {LR: ["1e-2", "3e-2"], "trainer.seed": [0, 1]}


@pytest.fixture
def recipe() -> Recipe:
    table = copy.deepcopy(RING)
    table["trainer"] |= {"steps": 3, "checkpoint_every": 1}
    table["evaluation"] = [{"kind": "two-sample", "samples": 50}]
    return Recipe.of(table)


def test_its_runs_are_those_of_their_recipes_and_are_kept(recipe, tmp_path, monkeypatch):
    result = sweep(recipe, AXES, tmp_path / "sweep", validation=0.2, quiet=True, name="gan")
    alone = with_validation(recipe, 0.2).replace(**{LR: 0.03, "trainer.seed": 1})
    run = alone.run(tmp_path / "alone", quiet=True, name="gan")
    assert result.runs[3].results == run.metrics["results"]
    assert result.chosen_by.key == "validation.mmd2"
    assert result.best.values in ({LR: 0.01}, {LR: 0.03})
    assert all((tmp_path / "sweep" / name).is_file() for name in RESULTS)

    monkeypatch.setattr(Recipe, "run", None)
    again = sweep(recipe, AXES, tmp_path / "sweep", validation=0.2, quiet=True)
    assert again.table() == result.table()


def test_a_sweep_that_was_stopped_ends_with_the_same_table(recipe, tmp_path, monkeypatch):
    whole = sweep(recipe, {"trainer.seed": [0, 1]}, tmp_path / "whole", quiet=True)
    with monkeypatch.context() as context:
        stop_after(context, 2, "crash")
        with pytest.raises(Stop):
            sweep(recipe, {"trainer.seed": [0, 1]}, tmp_path / "sweep", quiet=True)
    stray = tmp_path / "sweep" / ".sweep.png.tmp-1.png"  # of one that was killed as it wrote its picture
    stray.touch()
    assert sweep(recipe, {"trainer.seed": [0, 1]}, tmp_path / "sweep", quiet=True).table() == whole.table()
    assert not stray.exists()


def test_one_run_that_fails_does_not_end_the_others(recipe, tmp_path, capsys):
    result = sweep(recipe, {LR: [1e-2, 1e38]}, tmp_path / "sweep")
    assert list(result.failed) == ["lr=1e+38"]
    assert "not finite" in result.failed["lr=1e+38"] or "NaN" in result.failed["lr=1e+38"]
    assert result.runs[0].run is not None
    assert [row[1] for row in result.table()[1:]] == ["1", "0 of 1"]
    assert "run 2 of 2: lr=1e+38" in capsys.readouterr().err


def test_what_cannot_choose_is_refused_before_any_work(recipe, tmp_path):
    with pytest.raises(MatchZooError, match=r"by: no evaluation of the recipe gives 'two-sample.mmd2'; keep training"):
        sweep(recipe, AXES, tmp_path / "sweep", by="two-sample.mmd2", quiet=True)
    with pytest.raises(MatchZooError, match="no evaluation of test samples that could be measured"):
        with_validation(recipe.replace(evaluation=[]), 0.2)
    assert not (tmp_path / "sweep").exists()


def test_another_recipe_in_the_folder_of_a_run_is_refused(recipe, tmp_path):
    sweep(recipe, {"trainer.seed": [0, 1]}, tmp_path / "sweep", quiet=True)
    with pytest.raises(MatchZooError, match=r"holds a run of another recipe \(trainer.steps is 3 there, 4 here\)"):
        sweep(recipe.replace(**{"trainer.steps": 4}), {"trainer.seed": [0, 1]}, tmp_path / "sweep", quiet=True)
