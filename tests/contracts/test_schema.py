"""The JSON Schema of recipes: it is that of today's classes, and says of single fields what they say."""

import copy
import json
import shlex
import tomllib

import jsonschema
import pytest
from contracts.test_wrong_recipes import BASES, WRONG_TABLES, edited

from matchzoo import recipes
from matchzoo.core.declaration.overrides import flags, overridden
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.recipes import checking, schema
from matchzoo.recipes.recipe import Recipe

TOGETHER = {
    "no players",
    "zero steps",
    "start above size",
    "crop reversed",
    "no terms",
    "moves twice",
    "schedule with a stranger",
    "schedule without a player",
    "schedule with a double",
    "schema of the future",
    "precision and device",
}
"""Wrong tables of which no single field is wrong: their class finds them."""


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    shipped = json.loads(checking.schema_text())
    jsonschema.Draft7Validator.check_schema(shipped)
    return jsonschema.Draft7Validator(shipped)


def test_the_shipped_file_is_of_todays_classes() -> None:
    assert checking.schema_text() == schema.made(), "a declared field has changed: make schema"


def test_every_recipe_is_valid(validator: jsonschema.Draft7Validator) -> None:
    for name in recipes.names():
        table = tomllib.loads(recipes.text(name))
        assert [error.message for error in validator.iter_errors(table)] == [], name
        structure(table, checking.outline())


@pytest.mark.parametrize("case", WRONG_TABLES)
def test_wrong_tables(case: str, validator: jsonschema.Draft7Validator) -> None:
    base, changes, message = WRONG_TABLES[case]
    table = edited(BASES[base], changes)
    refused = list(validator.iter_errors(table))
    if case in TOGETHER:
        structure(table, checking.outline())
        assert not refused
        return
    with pytest.raises(DeclarationError) as caught:
        structure(table, checking.outline())
    assert str(caught.value).startswith(message)
    assert refused


@pytest.mark.parametrize(
    "line",
    [
        "--generator.network.width 5",
        "--players.generator.optimizer.momentum 1 --trainer.stepz 4",
        "--players.generator.minimize.0.reference.copies 1",
        "--generator.kind nois --evaluation.0.sample 3",
        "--lr 3 --seed 2 --optimizer.lr 2",
    ],
)
def test_overrides_are_told_the_same(line: str) -> None:
    words = flags(shlex.split(line))
    told = [overridden(copy.deepcopy(BASES["ring"]), cls, words)[1] for cls in (Recipe, checking.outline())]
    assert told[0] == told[1] != []
