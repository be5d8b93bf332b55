"""The table of a sweep: means and standard errors over seeds, the best by validation, and how certain that is."""

import csv
import json
import math
import types
from pathlib import Path

import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.sweeps import Ended, SweepResult

LR = "players.generator.optimizer.lr"
SEED = "trainer.seed"


def ended(lr: float, seed: int, test: float, validation: float | None, warnings: tuple[str, ...] = ()) -> Ended:
    results = [{"evaluation": "accuracy", "number": 0, "method": "a", "split": "test", "top1": test}]
    if validation is not None:
        measured = {"measures": "accuracy", "split": "validation", "top1": validation}
        results.append({"evaluation": "validation", "number": 1, "method": "a", **measured})
    metrics = {"results": results, "seconds": {"training": 1.0, "evaluation": 2.0}}
    run = types.SimpleNamespace(metrics=metrics, warnings=warnings)
    return Ended(f"lr={lr},seed={seed}", {LR: lr, SEED: seed}, seed, run)


VALUES = {
    0.01: [(80, 70), (82, 72), (84, 77)],
    0.1: [(90, 71), (91, 72), (92, 76)],
    0.5: [(10, 20), (10, 21), (10, 22)],
}


@pytest.fixture
def result() -> SweepResult:
    runs = [ended(lr, seed, *pair) for lr, pairs in VALUES.items() for seed, pair in enumerate(pairs)]
    return SweepResult(tuple(runs), Path("somewhere"))


def test_a_row_is_the_mean_over_seeds_with_its_standard_error(result):
    heading, first, *_ = result.table()
    assert heading == ["lr", "seeds", "accuracy: top-1 %", "accuracy on validation: top-1 %", "best"]
    error = math.sqrt(sum((x - 73) ** 2 for x in (70, 72, 77)) / 2 / 3)
    assert first == ["0.01", "3", "82.0 ± 1.2", f"73.0 ± {error:.1f}", "*"]
    assert len(result.table()) == 4


def test_runs_with_warnings_are_counted(result):
    runs = SweepResult((*result.runs, ended(0.5, 3, 10, 20, ("samples: collapsed",))), result.folder)
    assert [row[-2] for row in runs.table()] == ["warned", "0", "0", "1"]
    assert runs.record()["runs"][-1]["warnings"] == ["samples: collapsed"]


def test_the_best_is_by_validation_although_another_is_better_on_the_test_part(result):
    assert result.best.values == {LR: 0.01}
    [best, behind] = result.in_words()
    assert best == "best by validation.top1: lr = 0.01 (73.0 ± 2.1)"
    # differences seed by seed: -1, 0, 1
    assert behind == "the next one, lr = 0.1, is 0.0 ± 0.6 behind: not separated (less than 2 standard errors)"


def test_a_clear_difference_is_not_called_unclear(result):
    clear = SweepResult(tuple(e for e in result.runs if e.values[LR] != 0.1), result.folder)
    assert clear.in_words()[1].startswith("the next one, lr = 0.5, is 52.0 ± 1.5 behind")
    assert "separated" not in clear.in_words()[1]
    single = SweepResult(tuple(e for e in clear.runs if e.seed == 0), result.folder)
    assert single.in_words()[1].endswith("one seed says nothing about how certain that is")
    assert single.table()[1][2] == "80.0"


def test_without_validation_nothing_is_chosen():
    runs = [ended(lr, 0, test, None) for lr, test in ((0.01, 80), (0.1, 90))]
    result = SweepResult(tuple(runs), Path("somewhere"))
    assert result.best is None
    assert result.table()[0] == ["lr", "seeds", "accuracy: top-1 %"]
    [said] = result.in_words()
    assert "the test part never chooses" in said
    assert "data.validation_share = 0.2" in said
    assert "--validation 0.2" in said


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("accuracy.top1", "'accuracy.top1' is of the test part, and nothing is chosen by it; there is validation.top1"),
        ("validation.top2", "no figure 'validation.top2'; did you mean 'validation.top1'"),
    ],
)
def test_a_figure_that_may_not_choose_is_refused(result, by, message):
    with pytest.raises(MatchZooError, match=message):
        _ = SweepResult(result.runs, result.folder, by).best


def test_a_run_that_failed_is_told_and_the_others_count(result):
    failed = Ended("lr=0.01,seed=3", {LR: 0.01, SEED: 3}, 3, None, "step 7: not finite")
    whole = SweepResult((*result.runs, failed), result.folder)
    assert whole.table()[1][1] == "3 of 4"
    assert whole.failed == {"lr=0.01,seed=3": "step 7: not finite"}


def test_files_hold_everything(result, tmp_path):
    for name in ("a.json", "a.md", "a.csv", "a.png"):
        result.save(tmp_path / name)
    stored = json.loads((tmp_path / "a.json").read_text())
    assert stored["best"] == {LR: 0.01}
    assert stored["settings"][1]["figures"]["validation.top1"]["by_seed"] == {"0": 71.0, "1": 72.0, "2": 76.0}
    assert stored["settings"][1]["figures"]["accuracy.top1"]["chooses"] is False
    assert len(stored["runs"]) == 9
    with (tmp_path / "a.csv").open() as file:
        assert list(csv.reader(file)) == result.table()
    assert (tmp_path / "a.png").is_file()
    with pytest.raises(MatchZooError, match=r"ends in .json, .md, .csv or .png"):
        result.save(tmp_path / "a.pdf")


def test_the_picture_has_a_panel_a_figure_and_bars_of_the_standard_error(result):
    axes = result.figure().axes
    assert [axis.get_title() for axis in axes] == ["accuracy on validation: top-1 %", "accuracy: top-1 %"]
    assert axes[0].get_xscale() == "log"
    [line] = axes[0].containers
    assert line[0].get_xdata().tolist() == [0.01, 0.1, 0.5]
    assert line[0].get_ydata().tolist() == [73.0, 73.0, 21.0]
    low, high = line[2][0].get_segments()[2]
    assert high[1] - low[1] == pytest.approx(2 / math.sqrt(3))
