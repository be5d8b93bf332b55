"""From TOML to objects and back: strict, complete in its messages, and without loss."""

import tomllib
from pathlib import Path
from typing import Literal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchzoo import recipes, zoo
from matchzoo.core.declaration.choices import show
from matchzoo.core.declaration.declare import declare, family_of
from matchzoo.core.declaration.structuring import structure, to_table, type_name
from matchzoo.core.declaration.toml import read_text, read_toml, write_toml
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data.views import Views
from matchzoo.generators import Generator, NoiseGenerator, PixelImages
from matchzoo.matchers import Distance, Matcher
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.optimizers import Adam, Optimizer
from matchzoo.training.trainer import Trainer


@declare
class Inner:
    x: int = 0


@declare
class Every:
    """One field of each type."""

    i: int = 0
    f: float = 0.0
    s: str = ""
    b: bool = False
    maybe: int | None = None
    pair: tuple[float, int] = (0.0, 0)
    many: tuple[int, ...] = ()
    choice: Literal["red", "green"] = "red"
    number: Literal[1, 3] = 1
    either: tuple[str, ...] | str = "a"
    named: dict[str, Inner] = attrs.Factory(dict)
    table: Inner | None = None
    part: Optimizer = attrs.Factory(Adam)


def problem(table: object, cls: type = Every) -> str:
    with pytest.raises(DeclarationError) as caught:
        structure(table, cls)
    return str(caught.value)


# what is taken


@pytest.mark.parametrize(
    ("field", "value", "made"),
    [
        ("i", -3, -3),
        ("i", 2**63 - 1, 2**63 - 1),
        ("f", 0.1, 0.1),
        ("f", 3, 3.0),
        ("s", "3", "3"),
        ("b", True, True),
        ("maybe", 4, 4),
        ("pair", [1, 2], (1.0, 2)),
        ("many", [], ()),
        ("many", [3, 1, 2], (3, 1, 2)),
        ("choice", "green", "green"),
        ("number", 3, 3),
        ("either", "x", "x"),
        ("either", ["x", "y"], ("x", "y")),
    ],
)
def test_values(field: str, value: object, made: object) -> None:
    found = getattr(structure({field: value}, Every), field)
    assert found == made
    assert type(found) is type(made)


def test_parts_by_kind_bare_or_as_a_table() -> None:
    assert isinstance(structure("pixels", Generator), PixelImages)
    made = structure({"kind": "noise", "dimension": 2, "network": "mlp"}, Generator)
    assert isinstance(made, NoiseGenerator)
    assert made.network.widths == (100, 100)


# what is refused


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("i", 3.7, "i: expected int, got 3.7"),
        ("i", 3.0, "i: expected int, got 3.0"),
        ("i", True, "i: expected int, got True"),
        ("i", "3", "i: expected int, got '3'"),
        ("i", 2**63, "i: expected an int of 64 bits, got 9223372036854775808"),
        ("i", [1], "i: expected int, got [1]"),
        ("f", "0.1", "f: expected float, got '0.1'"),
        ("f", True, "f: expected float, got True"),
        ("f", float("nan"), "f: expected a finite number, got nan"),
        ("f", float("-inf"), "f: expected a finite number, got -inf"),
        ("s", 3, "s: expected str, got 3"),
        ("b", 1, "b: expected true or false, got 1"),
        ("b", "true", "b: expected true or false, got 'true'"),
        ("maybe", 1.5, "maybe: expected int, got 1.5"),
        ("pair", [1.0], "pair: expected 2 values, got 1"),
        ("pair", [1.0, 2.5], "pair[1]: expected int, got 2.5"),
        ("pair", 1.0, "pair: expected a list, got 1.0"),
        ("many", "12", "many: expected a list, got '12'"),
        ("many", [1, "a", 2.5], "many[1]: expected int, got 'a'\nmany[2]: expected int, got 2.5"),
        ("choice", "gren", "choice: expected one of 'red', 'green', got 'gren'; did you mean 'green'?"),
        ("choice", 1, "choice: expected one of 'red', 'green', got 1"),
        ("number", True, "number: expected one of 1, 3, got True"),
        ("number", 3.0, "number: expected one of 1, 3, got 3.0"),
        ("either", 3, "either: expected list of str or str, got 3"),
        ("named", [1], "named: expected a table, got [1]"),
        ("named", {"a": 3}, "named.a: expected a table, got 3"),
        ("named", {"a": {"y": 3}}, "named.a.y: unknown key; known: x"),
        ("table", "x", "table: expected a table, got 'x'"),
        ("part", 3, "part: expected an optimizer (a table with 'kind'), got 3"),
        ("part", {"lr": 1.0}, "part.kind: missing; expected one of adam, lookahead, rmsprop, sgd"),
        ("part", {"kind": 3}, "part.kind: expected str, got 3"),
        ("part", "adm", "part.kind: unknown optimizer 'adm'; did you mean 'adam'?"),
        ("part", {"kind": "adam", "mu": 1}, "part.mu: unknown key for 'adam'; known: betas, eps, lr, weight_decay"),
        ("part", {"kind": "adam", "lr": -1}, "part.lr: expected a number above 0, got -1.0"),
        ("manny", [1], "manny: unknown key; did you mean 'many'?"),
    ],
)
def test_problems(field: str, value: object, message: str) -> None:
    assert problem({field: value}) == message


@pytest.mark.parametrize(
    ("table", "cls", "message"),
    [
        ({}, Trainer, "steps: missing"),
        ({"kind": "gan"}, Matcher, "side: missing for 'gan'"),
        ({"kind": "cosine", "x": 1}, Distance, "x: unknown key for 'cosine'; it has none"),
        ([], Recipe, "expected a table, got []"),
    ],
)
def test_missing_and_whole(table: object, cls: type, message: str) -> None:
    assert problem(table, cls) == message


def test_all_problems_at_once(ring: dict) -> None:
    del ring["data"]
    ring["trainer"] |= {"steps": "many", "sed": 3}
    ring["generator"]["network"]["widths"] = [8, 2.5]
    ring["players"]["generator"]["minimize"][0]["bandwidths"] = [-1.0]
    ring["projector"] = "lerned"
    assert problem(ring, Recipe).split("\n") == [
        "data: missing",
        "generator.network.widths[1]: expected int, got 2.5",
        "projector.kind: unknown projector 'lerned'; did you mean 'learned'?",
        "players.generator.minimize[0].bandwidths: expected a number above 0, got -1.0",
        "trainer.sed: unknown key; did you mean 'seed'?",
        "trainer.steps: expected int, got 'many'",
    ]


def test_checks_of_several_fields_have_paths(ring: dict, lgm: dict) -> None:
    ring["players"]["generator"] = {"moves": ["generator"]}
    assert problem(ring, Recipe).startswith("players.generator.minimize: missing")
    lgm["generator"] |= {"start": 9, "size": 8}
    assert problem(lgm, Recipe) == "generator.start: expected at most size = 8, got 9"


# there and back


def round_trip(value: object) -> None:
    text = write_toml(to_table(value))
    again = structure(tomllib.loads(text), family_of(type(value)) or type(value))
    assert to_table(again) == to_table(value)
    assert write_toml(to_table(again)) == text


@pytest.mark.parametrize("name", recipes.names())
def test_declared_recipes_come_back(name: str) -> None:
    recipe = recipes.load(name)
    round_trip(recipe)
    assert structure(tomllib.loads(recipe.to_toml()), Recipe) == recipe
    assert recipe.copy() == recipe
    assert hash(recipe.copy()) == hash(recipe)
    assert recipe.replace(**{"trainer.seed": 12345}) != recipe


@pytest.mark.parametrize("name", zoo.names())
def test_cards_come_back(name: str) -> None:
    round_trip(zoo.load(name))


def test_test_recipes_come_back(ring_recipe: Recipe, lgm_recipe: Recipe) -> None:
    round_trip(ring_recipe)
    round_trip(lgm_recipe)


def test_every_type_comes_back() -> None:
    round_trip(Every())
    every = {
        "maybe": 1,
        "either": ["a", "ü\n\"'"],
        "named": {"a b": {"x": 1}, "c.d": {}},
        "table": {"x": 2},
        "part": "sgd",
        "s": 'say "hi"\\',
    }
    round_trip(structure(every, Every))


@declare
class OneKind:
    """A field of one class alone, of a family."""

    optimizer: Adam = attrs.Factory(Adam)


def test_a_field_of_one_kind_takes_its_name_or_none() -> None:
    round_trip(OneKind(optimizer=Adam(lr=0.1)))
    assert structure({"optimizer": {"lr": 0.1}}, OneKind).optimizer.lr == 0.1
    assert isinstance(structure({"optimizer": "adam"}, OneKind).optimizer, Adam)
    expected = "optimizer.kind: expected 'adam', which this field always is, got 'sgd'"
    assert problem({"optimizer": {"kind": "sgd"}}, OneKind) == expected


def test_tables_leave_none_out_and_write_defaults_and_bare_kinds() -> None:
    table = to_table(Every())
    assert "maybe" not in table
    assert table["part"] == {"kind": "adam", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0}
    assert to_table(structure("cosine", Distance)) == "cosine"


def test_tables_of_tables_alone_stay_sections() -> None:
    table = {"schema": 2, "views": {"crop": {"inside": True}}, "players": {"a": {"optimizer": "sgd"}}, "empty": {}}
    assert tomllib.loads(write_toml(table)) == table


def floats(low: float, high: float, **more: bool) -> st.SearchStrategy:
    return st.floats(low, high, allow_nan=False, **more)


TRAINERS = st.builds(
    Trainer,
    steps=st.integers(1, 10**9),
    batch=st.none() | st.integers(1, 10**6),
    seed=st.integers(0, 2**62),
    schedule=st.none() | st.lists(st.text(max_size=9) | st.tuples(st.text(max_size=9)), min_size=1).map(tuple),
    snapshot_every=st.none() | st.integers(1, 99),
    device=st.text(max_size=20),
)
ADAMS = st.builds(
    Adam,
    lr=floats(0, 1e30, exclude_min=True),
    betas=st.tuples(floats(0, 1, exclude_max=True), floats(0, 1, exclude_max=True)),
    eps=floats(0, 1, exclude_min=True),
    weight_decay=floats(0, 1e9),
)
VIEWS = st.builds(
    Views,
    copies=st.integers(1, 99),
    size=st.none() | st.integers(2, 999),
    preset=st.sampled_from(["clean", "paper"]),
    flip=st.none() | floats(0, 1),
)


@settings(max_examples=25, deadline=None)
@given(TRAINERS)
def test_any_trainer_comes_back(trainer: Trainer) -> None:
    round_trip(trainer)


@settings(max_examples=25, deadline=None)
@given(st.one_of(ADAMS, VIEWS))
def test_any_fields_come_back(value: object) -> None:
    round_trip(value)


# files and words


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"a = \n", "not valid TOML: .*line 1"),
        (b"a = 1\na = 2\n", "not valid TOML: .*line 2"),
        (b'a = "\xff"', r"not UTF-8 text \(byte 5\); expected a .toml file"),
        (b"a = nonsense", "not valid TOML"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MatchZooError, match=f"x.toml: {message}"):
        read_toml(path)


def test_a_folder_or_a_path_below_a_file_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MatchZooError, match="is a folder; expected"):
        read_toml(tmp_path)
    (tmp_path / "file").write_text("\ufeffa = 1", encoding="utf-8")  # as some editors of Windows write UTF-8
    assert read_toml(tmp_path / "file") == {"a": 1}
    with pytest.raises(MatchZooError, match=r"cannot be read \(Not a directory\)"):
        read_text(tmp_path / "file" / "x.toml")


def test_long_values_are_shortened() -> None:
    assert show("ab") == "'ab'"
    assert len(show(list(range(99)))) == 60


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (int, "int"),
        (int | None, "int"),
        (tuple[float, float], "float, float"),
        (tuple[int, ...], "list of int"),
        (Literal["a", "b"], "a | b"),
        (dict[str, Inner], "named table 'inner's"),
        (Generator, "generator"),
        (Inner | None, "table 'inner'"),
    ],
)
def test_type_names(target: object, name: str) -> None:
    assert type_name(target) == name
