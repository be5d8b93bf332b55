"""A small part of the campaigns; ``make torture`` runs them in full."""

from pathlib import Path

import pytest
from torture import data_fuzz, faults, hostile_numbers, kills, leaks, recipe_fuzz

pytestmark = pytest.mark.slow
FEWER = {"a damaged run, started again": 4, "an odd or damaged parquet file": 40}


def test_mutated_recipes_run_or_are_refused(tiny_card: Path, tmp_path: Path) -> None:
    ended, examples = recipe_fuzz.campaign(recipe_fuzz.bases(tiny_card), 250, 0, tmp_path)
    assert not examples, "\n\n".join(f"{how}\n{text}" for how, text in examples.items())
    assert ended["ran"] > 10
    assert ended["refused"] > 100


@pytest.mark.parametrize("kind", list(data_fuzz.KINDS))
def test_hostile_data_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    ended, examples = data_fuzz.campaign(kind, FEWER.get(kind, 80), 0, tmp_path)
    assert not examples
    assert ended["refused"] + ended["read"] == sum(ended.values())


def test_hostile_numbers_are_answered_or_refused() -> None:
    ended, examples = hostile_numbers.campaign(every=9)
    assert not examples
    assert ended["answered"] > 2 * ended["refused"]


@pytest.mark.parametrize("name", list(kills.RECIPES))
def test_killed_runs_end_as_undisturbed_ones(name: str, tiny_card: Path, tmp_path: Path) -> None:
    told = kills.campaign(name, 1, 0, tmp_path, str(tiny_card))
    assert told.times == 1
    assert told.problems == []


@pytest.mark.parametrize("name", [name for name in faults.FAULTS if not name.startswith("the first of two")])
def test_faults_of_the_machine(name: str, tmp_path: Path) -> None:
    assert faults.FAULTS[name](tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="what a process holds is read from /proc, of Linux")
@pytest.mark.usefixtures("drawn")
def test_nothing_grows(tiny_card: Path, tmp_path: Path) -> None:
    table = leaks.tables(str(tiny_card))["ring"]
    assert leaks.growth(leaks.long_run(table, 24, 4, tmp_path / "long")) == []
    assert leaks.growth(leaks.many_runs(6, tmp_path, str(tiny_card))) == []
