"""The recipes of dataset condensation build, train, and compute what their papers say."""

import pytest
import torch

from matchzoo import recipes
from matchzoo.networks import ConvNet
from matchzoo.recipe import Recipe
from matchzoo.step import Step
from matchzoo.trainer import Training

NAMES = [name for name in recipes.names() if name.split("/")[0] in ("dm", "dc", "dcc")]


def training(recipe: Recipe) -> Training:
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    return made


def small(name: str) -> Recipe:
    """On digits of the recipe's size, few of them, and a narrow network."""
    recipe = recipes.load(name)
    changes: dict = {"trainer.device": "cpu", "trainer.real_batch": 20, "trainer.steps": 2}
    if not name.endswith("digits"):
        changes["data"] = {"kind": "digits", "size": getattr(recipe.data, "size", None), "sampling": "balanced"}
    for path in recipe.projectors or {"projector": recipe.projector}:
        if recipe.spaces[path].changes:
            changes[f"projectors.{path}.network" if recipe.projectors else f"{path}.network"] = {
                "kind": "convnet",
                "width": 8,
            }
    return recipe.replace(**changes)


@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name):
    made = training(small(name))
    before = made.parts.generator.sample().values.clone()
    for number in (1, 2):
        made.check(made.step(number), number)
    after = made.parts.generator.sample().values
    assert (after - before).abs().amax((1, 2, 3)).min() > 1e-4
    assert made.parts.names["generator"].count == 10


def test_distribution_matching_is_that_of_plain_loops():
    """Class means in a network that is drawn here by itself, of images drawn as the trainer does."""
    recipe = small("dm/digits").replace(**{"trainer.precision": "float64"})
    made = training(recipe)
    for number in (1, 2):
        made.advance(Step(number, 0))
        network = ConvNet(width=8)
        network.build((3, 16, 16), (recipe.projector.features,), Step(0 if number == 1 else 2, 0).rng("projector"))
        network.double()
        step = Step(number, 0)
        split, rows = made.parts.data.training_set, made.parts.data.draw(20, step.rng("data", 0))
        real, labels = split.values[rows].double() / 255, split.labels[rows]
        images = made.parts.generator.sample().values
        with torch.no_grad():
            found = 0.0
            for label in range(10):
                means = [network(x).mean(0) for x in (real[labels == label], images[label : label + 1])]
                found += sum((a - b) ** 2 for a, b in zip(means[0].tolist(), means[1].tolist(), strict=True))
        assert made.step(number)["generator/minimize[0]"].item() == pytest.approx(found, rel=1e-5)
