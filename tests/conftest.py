"""What the tests share: one thread, tiny recipes, a backbone of random weights, and figures that are not drawn."""

import copy
import functools
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import started
from helpers.tables import LGM, RING, TINY_CARD
from matplotlib.figure import Figure
from PIL import Image

from matchzoo.core.declaration.structuring import structure
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.showing import page, pictures

torch.set_num_threads(1)
if sys.platform == "win32":
    collect_ignore = ["torture"]  # it limits what processes may have, and kills them
FIGURES = ("curves", "image_grid", "image_rows", "projections", "scatter")
DRAWN = {(Figure, "savefig"): Figure.savefig, (page, "curves"): page.curves}
DRAWN |= {(pictures, name): getattr(pictures, name) for name in FIGURES}


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests' own, for their sub-processes too."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATCHZOO_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def _end_of_forks() -> Iterator[None]:
    """The process from which others are forked ends before the tests do."""
    yield
    started.stop()


@pytest.fixture(scope="session", autouse=True)
def _undrawn() -> Iterator[None]:
    """Pictures are white pixels: to make and draw figures takes longer than all else of a tiny run."""

    def savefig(figure: Figure, file: Any, **_: object) -> None:
        Image.new("L", (1, 1), "white").save(file, "PNG")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", savefig)
        for module, name in set(DRAWN) - {(Figure, "savefig")}:
            patch.setattr(module, name, lambda *_: Figure())
        yield


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made and drawn, for tests that look at them."""
    for (place, name), plain in DRAWN.items():
        monkeypatch.setattr(place, name, plain)


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


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup() -> None:
    """Every fixture draws the same numbers, whatever ran before it in this process."""
    _seed()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    """And so does every test."""
    _seed()


def _seed() -> None:
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """The last line of all says that tests had no browser, and how to get one."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # None in a process of xdist's
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", [])] if reporter else []
    if any("chromium is not installed" in reason for reason in skipped):
        reporter.write_line("browser tests skipped: no Chromium; apt-get install chromium", yellow=True)


@pytest.fixture(scope="session")
def golden() -> Callable[[str], dict[str, np.ndarray]]:
    """Values to test against, made by code that is not ours, by the name of their file."""
    folder = Path(__file__).parent / "golden"
    return functools.cache(lambda name: dict(np.load(folder / name)))
