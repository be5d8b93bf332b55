"""What the tests share: one thread, tiny recipes, and a backbone of random weights."""

import copy
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.tables import LGM, RING, TINY_CARD

from matchzoo.core.structuring import structure
from matchzoo.recipes.recipe import Recipe

torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests' own, for their sub-processes too."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATCHZOO_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def tiny_card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card of a tiny network with random weights that takes images of any size."""
    path = tmp_path_factory.mktemp("cards") / "tiny.toml"
    path.write_text(TINY_CARD.replace("test_vit", "test_efficientnet").replace("= 64", "= 256"))
    return path


@pytest.fixture
def ring() -> dict:
    """The table of a tiny GRAM-net on the ring."""
    return copy.deepcopy(RING)


@pytest.fixture
def lgm(tiny_card: Path) -> dict:
    """The table of a tiny linear gradient matching on digits: 8 px, four levels, growth at steps 4 and 7."""
    table = copy.deepcopy(LGM)
    table["projector"]["card"] = str(tiny_card)
    return table


@pytest.fixture
def ring_recipe(ring: dict) -> Recipe:
    return structure(ring, Recipe)


@pytest.fixture
def lgm_recipe(lgm: dict) -> Recipe:
    return structure(lgm, Recipe)


@pytest.fixture(scope="session")
def golden() -> Callable[[str], dict[str, np.ndarray]]:
    """Values to test against, made by code that is not ours, by the name of their file."""
    folder = Path(__file__).parent / "golden"
    return functools.cache(lambda name: dict(np.load(folder / name)))
