"""One table over every registry entry: build, TOML round trip, a small gradient step on the same draws lowers the
player's own objective (float64), save and load are equal."""

import tomllib

import attrs
import pytest
import torch
from helpers.members import CASES, IMAGES, member, recipe

import matchzoo.recipes.recipe  # registers every family  # noqa: F401
from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.engine import Engine
from matchzoo.training.loop import Training

# kind → a table of that member, and the sections of a recipe that it is tried in
ENTRIES = [(registry.noun, kind) for registry in FAMILIES.values() for kind in registry.names()]


def test_the_table_has_every_entry():
    assert {(noun, kind) for noun, kinds in CASES.items() for kind in kinds} == set(ENTRIES)


@pytest.mark.parametrize(("noun", "kind"), ENTRIES)
def test_toml_round_trip(noun, kind, tiny_card):
    family, table, _ = member(noun, kind, str(tiny_card))
    made = structure(table, family)
    text = write_toml({"member": to_table(made)})
    again = structure(tomllib.loads(text)["member"], family)
    assert to_table(again) == to_table(made)
    assert write_toml({"member": to_table(again)}) == text
    fields = attrs.fields(type(made))
    assert all(field.default is None for field in fields if "None" in str(field.type))


FILES = (
    "image-folder",
    "table",
    "imagenet",
    "torchvision",
    "arrays",
    "numbers",
    "hub",
    "predicted",
)  # tests/test_data_*.py make them
OF_OTHERS = (  # tests/hub/test_model_projector.py and tests/matchers/pairs/test_consistency.py have the last two
    ("generator", "selection"),
    ("projector", "model"),
    ("matcher", "consistency-gradient"),
)
WITHOUT_A_STEP = ("evaluation", "protocol", "weights", "selector", "shift")  # tests/test_selectors.py has selectors
TRAINABLE = [
    (n, k)
    for n, k in ENTRIES
    if n not in WITHOUT_A_STEP and (n != "data" or k not in FILES) and (n, k) not in OF_OTHERS
]

NOT_LOWERED = (
    ("statistic", "past-subspace"),  # 0 until there is a past
    ("matcher", "field-distance"),  # 0 where the fields are still equal
    ("matcher", "logit-adjustment"),  # its targets, which are held fixed, follow the predictions
    ("ratio estimator", "nearest-neighbor"),  # counts, whose gradient is 0
    ("matcher", "graph-matching"),  # a count of pairs, whose gradient is that of its mean under noise
)


@pytest.mark.parametrize(("noun", "kind"), [entry for entry in TRAINABLE if entry not in NOT_LOWERED])
def test_a_small_step_lowers_the_players_own_objective(noun, kind, tiny_card):
    _, table, sections = member(noun, kind, str(tiny_card))
    if kind == "digits":
        sections = IMAGES
    whole = recipe(noun, table, sections)
    made = structure(whole, Recipe)
    engine = made.engine()
    training = Training(made.build(engine), made.trainer, engine)
    training.prepare(quiet=True)
    [name] = training.parts.players
    player = training.parts.players[name]

    def objective() -> float:
        step = Step(1, made.trainer.seed)
        features = {key: drawn.features() for key, drawn in training.sets((name,), step, 0).items()}
        return player.objective(training.evaluate({name: player}, step, features)[name]).item()

    training.before_step(Step(1, made.trainer.seed))
    before = objective()
    training.step(1)
    assert objective() < before


@pytest.mark.parametrize(("noun", "kind"), TRAINABLE)
def test_save_and_load_are_equal(noun, kind, tiny_card):
    _, table, sections = member(noun, kind, str(tiny_card))
    if kind == "digits":
        sections = IMAGES
    made = structure(recipe(noun, table, sections), Recipe)
    engine = made.engine()
    first = Training(made.build(engine), made.trainer, engine)
    first.prepare(quiet=True)
    first.step(1)
    second = Training(made.build(engine), made.trainer, engine)
    second.load(1, first.state())
    assert first.state().keys() == second.state().keys()
    assert all(torch.equal(first.state()[k], v) for k, v in second.state().items())


def test_image_folder_builds(tmp_path):
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (20, 10), (40 * i, ord(name), 200)).save(tmp_path / name / f"{i}.png")
    data = structure(
        {"kind": "image-folder", "path": str(tmp_path), "size": 8}, next(c for c in FAMILIES if c.__name__ == "Data")
    )
    spec = data.build(0)
    assert spec.shape == (3, 8, 8)
    assert spec.class_names == ("a", "b")
    assert (len(data.training_set), len(data.test_set)) == (4, 2)
    rendered: Samples = data.render(torch.tensor([0, 3]))
    assert rendered.labels.tolist() == [0, 1]
    assert rendered.values[:, 2].mean().item() == pytest.approx(200 / 255, abs=1e-6)
    assert Engine.start("cpu", "float64").samples(rendered).values.dtype == torch.float64
