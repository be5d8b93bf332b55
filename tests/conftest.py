"""What the tests share: one thread, tiny recipes, and a backbone of random weights."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from matchzoo.recipe import Recipe
from matchzoo.tables import structure

torch.set_num_threads(1)

RING = {
    "data": {"kind": "ring", "points": 500, "test_points": 200},
    "generator": {"kind": "noise", "dimension": 3, "network": {"kind": "mlp", "widths": [8]}},
    "projector": {"kind": "learned", "features": 4, "network": {"kind": "mlp", "widths": [8]}},
    "players": {
        "generator": {"moves": ["generator"], "minimize": [{"kind": "mmd", "bandwidths": [1.0]}]},
        "projector": {
            "moves": ["projector"],
            "maximize": [
                {"kind": "ratio", "estimator": {"kind": "kernel-mean-matching", "bandwidths": [1.0], "ridge": 0.1}}
            ],
        },
    },
    "trainer": {"steps": 9, "batch": 16, "log_every": 1, "checkpoint_every": 3, "device": "cpu"},
    "evaluation": [{"kind": "mode-coverage", "samples": 100}],
}

LGM = {
    "data": {"kind": "digits", "size": 8},
    "generator": {"kind": "pyramid", "grow_every": 3},
    "projector": {"kind": "backbone", "card": "TINY"},
    "views": {"copies": 2, "flip": 0.5, "crop": {"scale": [0.5, 1.0]}, "noise": {"std": 0.1}},
    "players": {
        "generator": {
            "moves": ["generator"],
            "optimizer": {"kind": "adam", "lr": 0.03},
            "minimize": [
                {"kind": "statistic", "statistic": "head-gradient", "distance": "cosine", "reference": "cache"}
            ],
        }
    },
    "trainer": {"steps": 9, "log_every": 1, "checkpoint_every": 100, "snapshot_every": 4, "device": "cpu"},
    "evaluation": [{"kind": "linear-probe", "views": 2, "seeds": 2, "random_draws": 2, "rows": 40}],
}

TINY_CARD = """
architecture = "test_vit"
weights = "random"
features = 64
size = 160
licence = "none"
source = "made for tests"
"""


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
