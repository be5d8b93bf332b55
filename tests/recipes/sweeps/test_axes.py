"""What a sweep varies: combinations, recipes and the names of folders."""

import copy

import pytest
from helpers.tables import RING

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.recipes.sweeps.axes import grid, in_short, points, short_names

LR = "players.generator.optimizer.lr"
SEED = "trainer.seed"


def test_every_combination_with_the_seed_fastest():
    assert grid({SEED: [0, 1], "a": [1, 2]}) == [
        {"a": 1, SEED: 0},
        {"a": 1, SEED: 1},
        {"a": 2, SEED: 0},
        {"a": 2, SEED: 1},
    ]


def test_points_have_recipes_of_words_and_of_values():
    axes = {SEED: ["0", "1"], LR: ["1e-2", "3e-2"], "trainer.steps": ["7"]}
    made = points(copy.deepcopy(RING), axes)
    assert [point.name for point in made] == ["lr=0.01,seed=0", "lr=0.01,seed=1", "lr=0.03,seed=0", "lr=0.03,seed=1"]
    assert {point.recipe.trainer.steps for point in made} == {7}
    assert made[3].values == {LR: 0.03, SEED: 1}
    assert made[3].recipe.players["generator"].optimizer.lr == 0.03
    of_values = points(copy.deepcopy(RING), {SEED: [0, 1], LR: [0.01, 0.03], "trainer.steps": [7]})
    assert [point.recipe for point in of_values] == [point.recipe for point in made]


def test_parts_lists_and_tables_can_vary():
    networks = [{"kind": "mlp", "widths": [4]}, {"kind": "mlp", "widths": [8, 8]}]
    made = points(copy.deepcopy(RING), {"generator.network": networks})
    assert [point.recipe.table()["generator"]["network"]["widths"] for point in made] == [[4], [8, 8]]
    assert len({point.name for point in made}) == 2
    assert all(len(point.name) < 80 and " " not in point.name for point in made)


def test_names_are_the_shortest_that_tell_fields_apart():
    paths = ["players.a.optimizer.lr", "players.b.optimizer.lr", "trainer.seed"]
    assert list(short_names(paths).values()) == ["a.optimizer.lr", "b.optimizer.lr", "seed"]
    assert in_short({LR: 0.01, "trainer.batch": None}) == "lr = 0.01, batch = none"
    assert in_short({}) == "the recipe as it is"


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"trainer.sed": [0, 1]}, "trainer.sed: unknown field; did you mean 'seed'"),
        ({SEED: [0, -1]}, r"trainer.seed: expected .* 0"),
        ({SEED: []}, "trainer.seed: expected a value"),
        ({SEED: "012"}, "trainer.seed: expected its values in a list, got '012'"),
        ({SEED: [1, "1"]}, r"two of its runs are the same \(seed=1\)"),
    ],
)
def test_what_cannot_vary_is_told(axes, message):
    with pytest.raises((DeclarationError, MatchZooError), match=message):
        points(copy.deepcopy(RING), axes)
