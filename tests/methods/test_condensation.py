"""The recipes of dataset condensation build, train, and compute what their papers say."""

import pytest
import torch

from matchzoo import recipes
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.models.networks import ConvNet
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

NAMES = [name for name in recipes.names() if name.split("/")[0] in ("dm", "dc", "dcc", "dsa")]


def training(recipe: Recipe) -> Training:
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    return made


def small(name: str) -> Recipe:
    """On digits of the recipe's size, few of them, and a narrow network."""
    recipe = recipes.load(name)
    changes: dict = {"trainer.device": "cpu", "trainer.real_batch": 20, "trainer.steps": 2}
    if "digits" not in name:
        channels = recipe.data.channels
        changes["data"] = {"kind": "digits", "size": 16, "channels": channels, "sampling": "balanced"}
    for path in recipe.projectors or {"projector": recipe.projector}:
        if recipe.spaces[path].is_resampled:
            if recipe.spaces[path].image is not None:
                changes[f"projectors.{path}.image"] = [recipe.data.channels, 16, 16]
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
        made.before_step(Step(number, 0))
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


def shared(**changes) -> Recipe:
    return small("dsa/digits").replace(**{"trainer.precision": "float64", "views.augment.apply": "all", **changes})


def test_both_sides_of_a_class_share_a_view():
    made = training(shared())
    step, views = Step(2, 0), made.parts.views
    drawn = made.sets(("generator",), step, 0)
    synthetic, real = drawn["synthetic"], drawn["real"]
    plan = views.draw(10, step.rng("shared views", 0))
    assert len(plan.unique(dim=0)) == 10
    for side, samples in ((synthetic, made.parts.generator.sample()), (real, made.parts.data.render(real.draws))):
        found = side.features()["images"].values.unflatten(1, made.parts.spec.shape)
        expected = views.apply(samples.values.double(), plan[samples.labels])
        torch.testing.assert_close(found, expected)
    again = made.sets(("generator",), Step(3, 0), 0)["synthetic"]
    assert not torch.equal(again.plan, synthetic.plan)


def test_shared_views_in_chunks_are_the_same():
    images = []
    for chunk in (3, "auto"):
        made = training(shared(**{"trainer.chunk": chunk}))
        for number in (1, 2):
            made.step(number)
        images.append(made.parts.generator.sample().values)
    torch.testing.assert_close(*images, rtol=0, atol=1e-9)


def test_without_an_augmentation_sharing_is_gradient_matching():
    """Views that change nothing, shared: DSA is DC then."""
    rest = {"operations": ["shift"], "shift": 0.0}
    plain = training(small("dc/digits").replace(**{"trainer.precision": "float64"}))
    same = training(shared(**{"views.augment": rest}))
    for number in (1, 2):
        a, b = plain.step(number), same.step(number)
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator.soft_labels": "learned"}, "views of a class need class indices, and this set has probabilities"),
        (
            {
                "players.generator.minimize": [
                    {"kind": "statistic", "space": "images", "statistic": "class-means", "distance": "squared",
                     "reference": "cache"}
                ]
            },
            "views that both sides share are drawn each step",
        ),
    ],
)  # fmt: skip
def test_views_that_cannot_be_shared_are_refused(changes, message):
    with pytest.raises(DeclarationError, match=message):
        training(shared(**changes)).step(1)
