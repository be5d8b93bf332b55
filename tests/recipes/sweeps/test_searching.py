"""A search: what is suggested, that a stopped one goes on as it would have, and what cannot be searched."""

import copy

import pytest
from helpers.tables import RING

from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.recipe import Recipe
from matchzoo.recipes.sweeps import Range, search, with_validation

LR = "players.generator.optimizer.lr"
AXES = {LR: ["1e-4..1e-1"], "trainer.batch": [8, 16], "trainer.steps": [1]}


@pytest.fixture
def recipe() -> Recipe:
    table = copy.deepcopy(RING)
    table["evaluation"] = [{"kind": "two-sample", "samples": 30}]
    return with_validation(Recipe.of(table), 0.2)


@pytest.mark.parametrize(
    ("words", "low", "high", "logarithmic"),
    [("1e-4..1e-1", 1e-4, 0.1, True), ("1..5", 1, 5, False), ("8..512", 8, 512, True), ("-1.5..0.5", -1.5, 0.5, False)],
)
def test_ranges(words, low, high, logarithmic):
    span = Range.of(words)
    assert (span.low, span.high, span.logarithmic) == (low, high, logarithmic)
    assert type(span.low) is type(low)
    assert Range.of("0.5") is None


def test_a_search_goes_on_as_it_would_have(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("matchzoo.recipes.sweeps.searching.STARTUP", 2)
    whole = search(recipe, AXES, tmp_path / "whole", trials=5, quiet=True)
    rates = [setting.values[LR] for setting in whole.settings]
    assert len(set(rates)) == len(rates) == 5
    assert all(1e-4 <= rate <= 0.1 for rate in rates)
    assert {setting.values["trainer.batch"] for setting in whole.settings} <= {8, 16}

    search(recipe, AXES, tmp_path / "search", trials=4, quiet=True)
    again = search(recipe, AXES, tmp_path / "search", trials=5, quiet=True)
    assert again.table() == whole.table()
    assert again.best.values == whole.best.values


@pytest.mark.parametrize(
    ("axes", "trials", "message"),
    [
        ({LR: ["1e-2"]}, 3, r"nothing varies; give a range \(--field 1e-4..1e-1\)"),
        ({LR: ["1e-1..1e-2"]}, 3, "1e-1..1e-2: expected a range from low to high"),
        (AXES, 0, "expected at least 1 trial, got 0"),
    ],
)
def test_what_cannot_be_searched_is_told(recipe, axes, trials, message, tmp_path):
    with pytest.raises(MatchZooError, match=message):
        search(recipe, axes, tmp_path, trials=trials)


def test_the_test_part_never_chooses(recipe, tmp_path):
    plain = recipe.replace(evaluation=[{"kind": "two-sample"}])
    with pytest.raises(MatchZooError, match="nothing can be chosen by the test part; keep training samples apart"):
        search(plain, AXES, tmp_path, trials=1)
