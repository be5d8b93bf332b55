"""benchmarks/leaderboard.py: what it makes are the recipes, it goes on where it stopped, and its tables hold it all."""

import sys
from pathlib import Path

import attrs
import pytest

from matchzoo import recipes
from matchzoo.core.declaration.structuring import structure
from matchzoo.data import Data

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import leaderboard
import leaderboard_table
from leaderboard import BUDGET, Board, Cell, Session

SHORT = {"trainer.steps": 3, "generator.grow_every": 1, "data.size": 8, "trainer.device": "cpu"}


@pytest.fixture
def tiny(tiny_card: Path, tmp_path: Path) -> Board:
    """Digits of 8 pixels, two seeds, in one space; a second card judges at 16 pixels."""
    judge = tmp_path / "judge.toml"
    judge.write_text(tiny_card.read_text())
    made = tuple(leaderboard.cells(["digits"], 1, [str(tiny_card)], (0, 1)))
    return Board(made, {str(judge): 16}, {1: 2}, {1: 1}, 2, SHORT)


def test_the_board_is_what_the_page_says():
    whole = leaderboard.board(False, Path("nowhere"))
    alone = [cell for cell in whole.cells if cell.per_class == 1]
    assert len(whole.cells) == len({cell.name for cell in whole.cells}) == 110
    assert {(c.data, c.space) for c in alone if c.method == "lgm" and c.seed == 2} == {
        (data, space) for data in leaderboard.SOURCES for space in ("efficientnet-lite0", "mobilenetv2")
    }
    assert [c.seed for c in alone if (c.data, c.space, c.method) == ("photos", "mobilenetv2", "centroid")] == [0, 1, 2]
    assert [c.seed for c in alone if (c.data, c.space, c.method) == ("digits", "mobilenetv2", "centroid")] == [0]
    tens = [cell for cell in whole.cells if cell.per_class == 10]
    assert {cell.method for cell in tens} == {*leaderboard.distilled(10), *leaderboard.CHOSEN}
    assert {(cell.data, cell.space, cell.seed) for cell in tens} == {
        ("digits", "mobilenetv2", 0), ("fashion-mnist", "mobilenetv2", 0)
    }  # fmt: skip


def test_the_estimate_is_within_the_budget(tmp_path: Path):
    session = Session(leaderboard.board(False, Path("nowhere")), tmp_path, tmp_path / "none.jsonl")
    session.board = attrs.evolve(session.board, judges={leaderboard.vit_focus.NAME: 112})
    left = [pair for group in session.groups() for pair in session.unseen(group)]
    seconds = sum(map(session._cost, session.cells)) + sum(session._cost_of_judging(*pair) for pair in left)
    assert 0.5 * BUDGET * 3600 < seconds < 0.95 * BUDGET * 3600


@pytest.mark.parametrize("method", ["lgm", "sfm", "clp"])
def test_cells_are_the_recipes_on_one_backbone_and_seed(method: str):
    given = leaderboard.board(False, Path("nowhere"))
    made = leaderboard.recipe_of(Cell("digits", 1, "efficientnet-lite0", method, 0), given)
    declared = recipes.load(f"{method}/quickstart").replace(**{"trainer.snapshot_every": None, "evaluation": []})
    assert made == declared
    fashion = leaderboard.recipe_of(Cell("fashion-mnist", 1, "mobilenetv2", method, 2), given).table()
    assert fashion["trainer"]["seed"] == 2
    assert fashion["projector"]["card"] == "mobilenetv2"
    photos = leaderboard.recipe_of(Cell("photos", 1, "mobilenetv2", method, 2), given).table()
    assert (photos["data"]["split_seed"], photos["data"]["size"], photos["views"]["flip"]) == (2, 64, 0.5)
    ten = leaderboard.recipe_of(Cell("digits", 10, "mobilenetv2", method, 0), given)
    assert (ten.trainer.steps, ten.views.copies, ten.generator.images_per_class) == (400, 1, 10)


@pytest.mark.parametrize("method", ["lgm", "clp"])
def test_real_images_are_distilled_by_the_recipes_that_start_from_them(method: str):
    given = leaderboard.board(False, Path("nowhere"))
    made = leaderboard.recipe_of(Cell("digits", 10, "mobilenetv2", f"{method}-real", 0), given)
    declared = recipes.load(f"{method}/digits-10").replace(**{"trainer.snapshot_every": None, "evaluation": []})
    assert made == declared


def test_real_images_are_chosen_by_the_baselines_recipes():
    given = leaderboard.board(False, Path("nowhere"))
    made = leaderboard.recipe_of(Cell("digits", 10, "efficientnet-lite0", "herding", 0), given)
    assert made == recipes.load("baselines/herding").replace(evaluation=[])


def test_a_board_is_run_goes_on_and_is_shown(tiny: Board, tmp_path: Path, capsys: pytest.CaptureFixture):
    store = tmp_path / "results.jsonl"
    Session(tiny, tmp_path / "runs", store, "*/lgm/*").run()
    first = leaderboard.read(store)
    assert sum(line["kind"] == "made" for line in first) == 2
    with store.open("a") as file:
        file.write('{"kind": "made", "na')  # cut off by a power failure
    capsys.readouterr()
    session = Session(tiny, tmp_path / "runs", store)
    session.run()
    lines = leaderboard.read(store)
    made = [line["name"] for line in lines if line["kind"] == "made"]
    assert sorted(made) == sorted(cell.name for cell in tiny.cells)
    scores = [(line["name"], line["on"]) for line in lines if line["kind"] == "score"]
    wanted = {(name, on) for name in (*made, "digits/1//random/0") for on in ("tiny", "judge")}
    assert len(scores) == len(set(scores))
    assert set(scores) == wanted
    assert {len(line["top1"]) for line in lines if line["kind"] == "score" and line["on"] == "tiny"} == {2}
    assert session.missing() == []
    assert Session(tiny, tmp_path / "runs", store).estimate().startswith("0 sets to make (0.0 h), 0 groups")
    renamed = [{**line, **{k: "mobilenetv2" for k in ("on", "space") if line.get(k) == "tiny"}} for line in lines]
    text = leaderboard_table.text(renamed)
    assert "| LGM | – | " in text
    assert "not all measured yet" in text
    assert "Not measured yet." in text
    home = leaderboard_table.home(renamed, "digits", 1, "mobilenetv2", "lgm")
    assert len(home) == 2
    assert leaderboard_table.cell(home) in text
    assert leaderboard_table.figure(renamed).axes


def test_it_stops_when_the_budget_is_spent(tiny: Board, tmp_path: Path):
    session = Session(tiny, tmp_path / "runs", tmp_path / "results.jsonl")
    session.keep([{"kind": "made", "name": "another", "cpu_seconds": BUDGET * 3600 + 1}])
    with pytest.raises(SystemExit, match=r"5\.0 CPU hours are spent, of 5"):
        session.run()


def test_fewer_training_images_for_a_slow_judge(tmp_path: Path):
    path = leaderboard.thinned(recipes.load("lgm/quickstart"), 7, tmp_path / "thin.npz")
    data = structure({"kind": "arrays", "path": str(path), "size": 16}, Data)
    spec = data.build(0)
    assert spec.class_names == tuple("0123456789")
    assert data.training_set.labels.bincount().tolist() == [7] * 10
    assert len(data.test_set) == 898


def test_cells_of_tables():
    assert leaderboard_table.cell([]) == "–"
    assert leaderboard_table.cell([50.04]) == "50.0"
    assert leaderboard_table.cell([50.0, 52.0, 54.0]) == "52.0 ± 1.2"
    assert leaderboard_table.cell([50.0, 52.0, 54.0], draws=True) == "52.0 (se 1.2)"
