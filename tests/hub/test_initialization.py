"""Images that start from those of a set: a run's, a folder's, of another size, in another order of classes."""

import attrs
import pytest
import torch
from helpers.hub_server import TOKEN, HubServer, hub  # noqa: F401

from matchzoo import hub as door
from matchzoo.core.errors import DeclarationError
from matchzoo.hub import DistilledDataset
from matchzoo.recipes.recipe import Recipe

NAMES = tuple("0123456789")


@pytest.fixture
def folder(tmp_path):
    images = torch.rand(20, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05
    distilled = DistilledDataset(images, torch.arange(20) % 10, NAMES)
    distilled.save(tmp_path / "set")
    return tmp_path / "set"


def table(folder, kind="pixels", **generator) -> dict:
    return {
        "data": {"kind": "digits", "size": 8},
        "generator": {"kind": kind, "initial": str(folder), **generator},
        "players": {"generator": {"moves": ["generator"], "minimize": [{"kind": "mmd", "bandwidths": [1.0]}]}},
        "trainer": {"steps": 1, "device": "cpu"},
    }


def start(table: dict) -> torch.Tensor:
    """The images before the first step."""
    from matchzoo.training.loop import Training

    recipe = Recipe.of(table)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    return training.parts.generator.sample().values


@pytest.mark.parametrize("more", [{"kind": "pixels"}, {"kind": "pixels", "squash": False}, {"kind": "pyramid"}])
def test_images_start_as_those_of_the_set(folder, more):
    images = DistilledDataset.load(folder).images
    assert torch.allclose(start(table(folder, **more)), images[:10], atol=1e-5)
    both = start(table(folder, images_per_class=2, **more))
    assert torch.allclose(both, images.view(2, 10, 3, 8, 8).transpose(0, 1).flatten(0, 1), atol=1e-5)


def test_classes_are_matched_by_name_and_sizes_may_differ(folder, tmp_path):
    distilled = DistilledDataset.load(folder)
    other = attrs.evolve(distilled, labels=(distilled.labels + 3) % 10, class_names=NAMES[-3:] + NAMES[:-3])
    other.save(tmp_path / "rotated")
    assert torch.allclose(start(table(tmp_path / "rotated")), start(table(folder)))
    larger = table(folder, size=16)
    assert start(larger).shape == (10, 3, 16, 16)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own, on uploads
def test_images_start_from_a_set_of_the_hub(folder, hub: HubServer, monkeypatch):  # noqa: F811
    from huggingface_hub import constants

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    door.push(DistilledDataset.load(folder), "tester/set", license="CC0-1.0")
    assert torch.equal(start(table("tester/set")), start(table(folder)))


def test_a_run_is_a_set_and_says_what_it_started_from(folder, tmp_path):
    run = Recipe.of(table(folder)).run(tmp_path / "run", quiet=True)
    assert run.environment["init"]["generator"]["from"] == str(folder)
    again = start(table(tmp_path / "run"))
    assert torch.allclose(again, run.distilled.images, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"initial": "niose"}, "generator.initial: expected noise, zero, real, or the path .* did you mean 'noise'"),
        ({"initial": "not/here.pt"}, r"generator.initial: not/here.pt: there is no such run"),
        ({"images_per_class": 3}, "generator.initial: images_per_class: expected 1 to 2"),
    ],
)
def test_what_cannot_be_started_from_is_told(folder, change, message):
    broken = table(folder)
    broken["generator"] |= change
    with pytest.raises(DeclarationError, match=message):
        Recipe.of(broken).build()
