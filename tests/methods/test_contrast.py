"""Contrastive recipes, shrunk: pairs of two sources, momentum keys from a source model, frames without an order."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.room import assert_resumed

from matchzoo import recipes
from matchzoo.core.step import Step


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of few images of every class, of the size of Fashion-MNIST's."""
    path = tmp_path_factory.mktemp("data") / "images.npz"
    pixels = np.random.default_rng(0).integers(0, 256, (100, 28, 28), dtype=np.uint8)
    labels = np.arange(100) % 10
    np.savez(path, images=pixels[40:], labels=labels[40:], test_images=pixels[:40], test_labels=labels[:40])
    return str(path)


def shrunk(name: str, images: str, **changes: Any) -> dict[str, Any]:
    """A recipe's table for two steps, with these images in place of what has to be fetched."""

    def fetched(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("kind") == "torchvision":
                return {"kind": "arrays", "path": images, "channels": 1}
            return {key: fetched(one) for key, one in value.items()}
        return [fetched(one) for one in value] if isinstance(value, list) else value

    table = fetched(recipes.load(name).table())
    return recipes.Recipe.of(table).replace(**{"trainer.steps": 2, "trainer.real_batch": 12}, **changes).table()


def test_pairs_of_two_sources_adapt_a_model_that_was_trained_before(images: str, tmp_path: Path) -> None:
    clean = str(tmp_path / "clean")
    first = recipes.Recipe.of(shrunk("erm/fashion-clean", images)).run(clean, quiet=True)
    assert [record["split"] for record in first.metrics["results"]] == ["night-test", "day-test"]

    init = {f"projectors.{name}.init": clean for name in ("encoder", "scores")}
    table = shrunk("cma/fashion-adverse", images, **init, **{"players.encoder.optimizer.lr": 1e-3})
    made = assert_resumed(table)
    unmoved = recipes.open(clean).parts.alone("scores")[1]
    assert all(torch.equal(own, unmoved[key]) for key, own in made.parts.projectors["scores"].state_dict().items())
    sets = made.sets(made.groups[0], Step(1, 0), 0)
    night, day = sets["real"].samples(), sets["day"].samples()
    assert torch.equal(night.index, day.index)
    assert torch.equal(day.values, made.parts.data.sets()["day"].render(night.index).values)
    run = recipes.Recipe.of(table).run(tmp_path / "adapted", quiet=True)
    assert [record["evaluation"] for record in run.metrics["results"]] == ["accuracy", "accuracy", "rank-one"]


@pytest.mark.parametrize("name", ["isr/digits", "info-nce/fashion-mnist"])
def test_views_and_frames_are_resumed_to_the_bit(name: str, images: str) -> None:
    assert_resumed(shrunk(name, images))
