"""Overrides of a recipe's table by dotted flags, and what `Recipe.replace` and `describe` make of the same paths."""

import copy
import shlex
from typing import Any

import attrs
import pytest
from helpers.recipe_paths import at, changed

from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.declaration.overrides import describe, flags, override
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.generators import Generator, PixelImages, PyramidImages
from matchzoo.models.networks import MLP
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.optimizers import SGD

# words


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", []),
        ("--a.b 1 2 --c", [("a.b", ["1", "2"]), ("c", [])]),
        ("--a=b", [("a", ["b"])]),
        ("--a.b=c=d", [("a.b", ["c=d"])]),
        ("--a=", [("a", [""])]),
        ("--log-every 3", [("log_every", ["3"])]),
        ("--a -1 -2.5", [("a", ["-1", "-2.5"])]),
        ("--a-b=c-d", [("a_b", ["c-d"])]),
    ],
)
def test_flags(line: str, found: list) -> None:
    assert flags(shlex.split(line)) == found


def test_words_before_the_first_flag_are_refused() -> None:
    with pytest.raises(MatchZooError, match="unexpected '500': overrides come as --"):
        flags(["500", "--trainer.steps"])


# values


@pytest.mark.parametrize(
    ("line", "path", "value"),
    [
        ("--trainer.steps 500", "trainer.steps", 500),
        ("--trainer.steps=500", "trainer.steps", 500),
        ("--trainer.steps 10_000", "trainer.steps", 10_000),
        ("--trainer.log-every 5", "trainer.log_every", 5),
        ("--trainer.device cuda:1", "trainer.device", "cuda:1"),
        ("--trainer.device '\"cpu\"'", "trainer.device", "cpu"),
        ("--trainer.precision float64", "trainer.precision", "float64"),
        ("--data.std 1e-2", "data.std", 0.01),
        ("--players.generator.minimize.0.sets real test", "players.generator.minimize.0.sets", ("real", "test")),
        ("--data.radius 3", "data.radius", 3.0),
        ("--generator.network.widths 4 5 6", "generator.network.widths", (4, 5, 6)),
        ("--generator.network.widths 4", "generator.network.widths", (4,)),
        ("--generator.network.widths '[4, 5]'", "generator.network.widths", (4, 5)),
        ("--generator.network.widths=[]", "generator.network.widths", ()),
        ("--generator.network.widths", "generator.network.widths", ()),
        ("--trainer.schedule 2*projector generator", "trainer.schedule", ("2*projector", "generator")),
        ('--trainer.schedule \'[["projector", "generator"]]\'', "trainer.schedule", (("projector", "generator"),)),
        ("--players.generator.minimize.0.root", "players.generator.minimize.0.root", True),
        ("--players.generator.minimize.0.root true", "players.generator.minimize.0.root", True),
        ("--players.generator.minimize.0.root false", "players.generator.minimize.0.root", False),
        ("--players.generator.minimize.0.weight 2", "players.generator.minimize.0.weight", 2.0),
        ("--players.generator.minimize.0.bandwidths 1 2", "players.generator.minimize.0.bandwidths", (1.0, 2.0)),
        ("--players.projector.maximize.0.estimator.ridge 1", "players.projector.maximize.0.estimator.ridge", 1.0),
        ("--players.projector.maximize.0.regularizer none", "players.projector.maximize.0.regularizer", "none"),
        ("--players.generator.optimizer.betas 0.5 0.9", "players.generator.optimizer.betas", (0.5, 0.9)),
        ("--players.generator.moves generator projector", "players.generator.moves", ("generator", "projector")),
        ("--evaluation.0.samples 7", "evaluation.0.samples", 7),
        ("--evaluation", "evaluation", ()),
        ("--trainer.batch none", "trainer.batch", None),
        ("--trainer.steps 1 --trainer.steps 2", "trainer.steps", 2),
    ],
)
def test_values(ring: dict, line: str, path: str, value: object) -> None:
    found = at(changed(ring, line), path)
    assert found == value
    assert type(found) is type(value)


def test_negative_numbers(lgm: dict) -> None:
    assert changed(lgm, "--views.noise.mean -0.5").views.noise.mean == -0.5
    assert changed(lgm, "--views.noise.mean=-1e-3").views.noise.mean == -1e-3
    with pytest.raises(DeclarationError, match=r"trainer\.seed: expected at least 0, got -1"):
        changed(lgm, "--trainer.seed -1")


def test_literals_of_numbers(lgm: dict) -> None:
    assert changed(lgm, "--data.channels 1").data.channels == 1


# parts


def test_a_bare_kind_or_an_inline_table_replaces_a_part(lgm: dict) -> None:
    assert isinstance(changed(lgm, "--generator pixels").generator, PixelImages)
    recipe = changed(lgm, "--generator '{ kind = \"pixels\", images_per_class = 2 }'")
    assert recipe.generator.images_per_class == 2
    assert isinstance(changed(lgm, "--players.generator.optimizer sgd").players["generator"].optimizer, SGD)
    assert changed(lgm, "--evaluation linear-probe").evaluation[0].seeds == 5
    recipe = changed(lgm, "--evaluation.0 '{ kind = \"mode-coverage\", samples = 8 }'")
    assert recipe.evaluation[0].samples == 8
    assert changed(lgm, "--views '{ copies = 7 }'").views.crop is None


def test_a_change_of_kind_keeps_common_fields(lgm: dict) -> None:
    lgm["generator"] |= {"images_per_class": 3, "grow_every": 4}
    generator = changed(lgm, "--generator.kind pixels").generator
    assert isinstance(generator, PixelImages)
    assert generator.images_per_class == 3
    optimizer = changed(lgm, "--players.generator.optimizer.kind sgd").players["generator"].optimizer
    assert optimizer.lr == 0.03


@pytest.mark.parametrize(
    "line",
    [
        "--generator.initial zero --generator.kind pixels",
        "--generator.initial zero --generator pixels",
        "--generator pixels --generator.initial zero",
        "--generator.kind=pixels --generator.initial=zero",
    ],
)
def test_whole_parts_come_before_their_fields(lgm: dict, line: str) -> None:
    generator = changed(lgm, line).generator
    assert isinstance(generator, PixelImages)
    assert generator.initial == "zero"


def test_kinds_within_kinds_in_any_order(lgm: dict) -> None:
    minimize = "--players.generator.minimize.0"
    line = f"{minimize}.estimator.bandwidths 1 {minimize}.estimator.kind kernel-mean-matching {minimize}.kind ratio"
    term = changed(lgm, line).players["generator"].minimize[0]
    assert term.estimator.bandwidths == (1.0,)
    assert term.reference.views == 0, "the reference is common to all matchers"


def test_absent_tables_are_made(ring: dict) -> None:
    assert changed(ring, "--views.copies 3").views.copies == 3
    assert changed(ring, "--views.crop.scale 0.5 1").views.crop.scale == (0.5, 1.0)
    assert changed(ring, "--views.noise.std 0 --views.flip 0.5").views.noise.std == 0.0


def test_fields_of_parts_that_the_table_leaves_to_their_default(ring: dict) -> None:
    assert "optimizer" not in ring["players"]["generator"]
    assert changed(ring, "--players.generator.optimizer.lr 1").players["generator"].optimizer.lr == 1.0
    line = "--players.generator.minimize.0.reference.kind cache --players.generator.minimize.0.reference.copies 2"
    assert changed(ring, line).players["generator"].minimize[0].reference.copies == 2
    del ring["projector"], ring["players"]["projector"]
    recipe = changed(ring, "--projector.kind backbone --projector.card x")
    assert recipe.projector.card == "x"


def test_bare_kinds_in_the_table_take_fields(lgm: dict) -> None:
    lgm["generator"] = "pyramid"
    generator = changed(lgm, "--generator.grow-every 7").generator
    assert isinstance(generator, PyramidImages)
    assert generator.grow_every == 7
    assert (
        changed(lgm, "--players.generator.minimize.0.statistic.std 2").players["generator"].terms[0].statistic.std == 2
    )


def test_names_with_dashes(ring: dict) -> None:
    ring["players"]["my-player"] = ring["players"].pop("generator")
    recipe = changed(ring, "--players.my-player.minimize.0.weight 3")
    assert recipe.players["my-player"].minimize[0].weight == 3.0


def test_a_whole_player(ring: dict) -> None:
    player = '{ moves = ["generator"], minimize = [{ kind = "mmd", bandwidths = [2] }] }'
    assert changed(ring, f"--players.generator '{player}'").players["generator"].minimize[0].bandwidths == (2.0,)


def test_the_input_is_left_alone(lgm: dict) -> None:
    before = copy.deepcopy(lgm)
    minimize = "--players.generator.minimize.0"
    changed(lgm, f"--generator.kind pixels --views none --views.copies 2 {minimize}.statistic.std 2 --evaluation")
    assert lgm == before


# typos and other mistakes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--trainr.steps 5", "trainr: unknown field; did you mean 'trainer'?"),
        ("--trainer.step 5", "trainer.step: unknown field; did you mean 'steps'?"),
        ("--steps 5", "steps: unknown field; did you mean '--trainer.steps'?"),
        ("--trainer.steps.x 5", "trainer.steps.x: trainer.steps is int, which has no fields"),
        ("--trainer.steps", "trainer.steps: expected one value, got 0"),
        ("--trainer.steps 1 2", "trainer.steps: expected one value, got 2"),
        ("--trainer.steps many", "trainer.steps: expected int, got 'many'"),
        ("--trainer.steps 1e3", "trainer.steps: expected int, got 1000.0"),
        ("--trainer.steps none", "trainer.steps: expected int, got 'none'"),
        ("--trainer.steps=", "trainer.steps: not a TOML value: ''"),
        ("--data.std nan", "data.std: expected a finite number, got nan"),
        ("--data.std .5", "data.std: expected float, got '.5'"),
        (
            "--trainer.precision float46",
            "trainer.precision: expected one of 'float32', 'float64', 'bfloat16', got 'float46'",
        ),
        ("--generator.kind nois", "generator.kind: unknown generator 'nois'; did you mean 'noise'?"),
        ("--generator nois", "generator.kind: unknown generator 'nois'; did you mean 'noise'?"),
        ("--generator '{ kind = '", "generator: not a TOML value: '{ kind = '"),
        ("--generator.network.width 5", "generator.network.width: unknown field of 'mlp'; did you mean 'widths'?"),
        ("--generator.network.widths 4 b", "generator.network.widths[1]: expected int, got 'b'"),
        ("--generator.network.widths '[4'", "generator.network.widths: not a TOML value: '[4'"),
        ("--players.generatr.optimizer.lr 1", "players.generatr: there is none; did you mean 'generator'?"),
        ("--players.generator.optimiser.lr 1", "players.generator.optimiser: unknown field; did you mean 'optimizer'?"),
        (
            "--players.generator.optimizer.momentum 1",
            "players.generator.optimizer.momentum: unknown field of 'adam'; known: betas, eps, lr, weight_decay",
        ),
        ("--players.generator.minimize.1.weight 1", "players.generator.minimize.1: there is none; known: 0"),
        ("--players.generator.maximize.0.weight 1", "players.generator.maximize.0: there is none"),
        (
            "--players.generator.minimize.0.bandwidth 1",
            "players.generator.minimize.0.bandwidth: unknown field of 'mmd'; did you mean 'bandwidths'?",
        ),
        (
            "--players.generator.minimize.0.reference.copies 1",
            "players.generator.minimize.0.reference.copies: unknown field of 'online'; it has none",
        ),
        ("--views.crop.scale 0.5", "views.crop.scale: expected 2 values, got 1"),
        ("--evaluation.0.sample 3", "evaluation.0.sample: unknown field of 'mode-coverage'; did you mean 'samples'?"),
        ("--evaluation none", "evaluation[0].kind: unknown evaluation 'none'"),
    ],
)
def test_mistakes(ring: dict, line: str, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        changed(ring, line)
    assert str(caught.value).startswith(message)


def test_mistakes_are_reported_together(ring: dict) -> None:
    with pytest.raises(DeclarationError) as caught:
        changed(ring, "--trainer.step 5 --generator.kind nois --trainer.steps 3")
    assert [path for path, _ in caught.value.problems] == ["generator.kind", "trainer.step"]


@pytest.mark.parametrize(
    ("broken", "line", "message"),
    [
        ({"trainer": 3}, "--trainer.steps 5", "trainer: expected a table, got 3"),
        ({"players": 3}, "--players.a.moves x", "players: expected a table, got 3"),
        ({"evaluation": 3}, "--evaluation.0.samples 5", "evaluation: expected a list, got 3"),
        ({"evaluation": [3]}, "--evaluation.0.samples 5", "evaluation.0: expected a table, got 3"),
        ({"generator": {"kind": 3}}, "--generator.dimension 5", "generator.kind: expected str, got 3"),
        ({"generator": {"kind": "nois"}}, "--generator.dimension 5", "generator.kind: unknown generator 'nois'; did"),
        ({"generator": {}}, "--generator.dimension 5", "generator.dimension: unknown field"),
    ],
)
def test_overriding_a_malformed_table(ring: dict, broken: dict, line: str, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        changed(ring | broken, line)
    assert str(caught.value).startswith(message)


def test_a_part_without_default_needs_its_kind(ring: dict) -> None:
    del ring["generator"]
    with pytest.raises(DeclarationError, match=r"generator: not in the recipe; say its kind with --generator\.kind"):
        changed(ring, "--generator.dimension 5")
    line = "--generator.kind noise --generator.dimension 5 --generator.network mlp"
    assert changed(ring, line).generator.dimension == 5


# replace


def test_replace(ring_recipe: Recipe) -> None:
    before = ring_recipe.to_toml()
    recipe = ring_recipe.replace(
        **{
            "trainer.steps": 4,
            "generator.network": MLP(widths=(3,)),
            "players.generator.optimizer": "sgd",
            "players.generator.minimize.0.bandwidths": (1.0, 2.0),
            "trainer.batch": None,
            "views": {"copies": 2},
            "trainer.snapshot_every": None,
        }
    )
    assert (recipe.trainer.steps, recipe.trainer.batch) == (4, None)
    assert recipe.generator.network.widths == (3,)
    assert isinstance(recipe.players["generator"].optimizer, SGD)
    assert recipe.players["generator"].minimize[0].bandwidths == (1.0, 2.0)
    assert recipe.views.copies == 2
    assert ring_recipe.to_toml() == before
    assert recipe.replace() == recipe
    assert recipe.replace(**{"players.generator.minimize.0.reference.kind": "cache"}) != recipe


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("trainr.steps", 3, "trainr: there is none; did you mean 'trainer'?"),
        ("trainer.step", 3, "trainer.step: unknown key; did you mean 'steps'?"),
        ("trainer.steps", "3", "trainer.steps: expected int, got '3'"),
        ("trainer.steps", None, "trainer.steps: missing"),
        ("trainer.steps.x", 3, "trainer.steps: is 9, which has no fields"),
        ("players.generator.minimize.x.weight", 3, "players.generator.minimize.x: there is none; known: 0"),
        ("players.generator.minimize.1", "mmd", "players.generator.minimize.1: there is none; known: 0"),
        ("players.generator.minimize.0", None, "players.generator.minimize: missing: a player needs a term"),
    ],
)
def test_replace_refuses(ring_recipe: Recipe, path: str, value: object, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        ring_recipe.replace(**{path: value})
    assert str(caught.value).startswith(message)


# describe


def paths(value: Any, path: str = "") -> set[str]:
    """The dotted paths of all leaves of a declared object."""
    if attrs.has(type(value)):
        inner = [(field.name, getattr(value, field.name)) for field in attrs.fields(type(value))]
    elif isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, tuple) and value and attrs.has(type(value[0])):
        inner = [(str(i), one) for i, one in enumerate(value)]
    else:
        return {path}
    return set().union(*(paths(one, f"{path}.{name}".lstrip(".")) for name, one in inner))


@pytest.mark.parametrize("which", ["ring_recipe", "lgm_recipe"])
def test_every_field_is_described_as_an_override_takes_it(which: str, request: pytest.FixtureRequest) -> None:
    recipe: Recipe = request.getfixturevalue(which)
    lines = list(describe(recipe))
    described = [path for path, *_ in lines]
    assert len(set(described)) == len(described)
    assert {path for path in described if not path.endswith(".kind")} == paths(recipe)
    assert all(doc for path, _, _, doc in lines if not path.endswith(".kind"))
    words = [(path, [value]) for path, _, value, _ in lines]
    assert structure(override(recipe.table(), Recipe, words), Recipe) == recipe


def test_descriptions_name_types_kinds_and_values(lgm_recipe: Recipe) -> None:
    found = {path: (kind, value) for path, kind, value, _ in describe(lgm_recipe)}
    assert found["generator.kind"] == (" | ".join(FAMILIES[Generator].names()), "pyramid")
    assert found["generator.size"] == ("int", "none")
    assert found["players.generator.optimizer.betas"] == ("float, float", "[0.9, 0.999]")
    assert found["players.generator.moves"] == ("list of str", '["generator"]')
    assert found["generator.decorrelate"] == ("bool", "true")
    assert found["trainer.precision"] == ("float32 | float64 | bfloat16", "float32")
