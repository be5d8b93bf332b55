"""More steps for a finished run: what one long run comes to, to the bit, or a refusal."""

import copy
import json

import pytest
from helpers.resuming import Stop, assert_same, stop_after
from helpers.tables import RING

from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.recipe import Recipe

LENGTHS = {"short": 5, "long": 12}


def ring(steps: int, **trainer) -> Recipe:
    table = copy.deepcopy(RING)
    return Recipe.of(table | {"trainer": table["trainer"] | {"steps": steps, **trainer}})


@pytest.fixture(scope="module", params=[{"log_every": 1}, {"log_every": 2, "snapshot_every": 3}], ids=["1", "2"])
def long(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("long") / "run"
    ring(12, **request.param).run(folder, quiet=True)
    return request.param, folder


def test_an_extended_run_is_one_long_run(long, tmp_path, monkeypatch):
    about, undisturbed = long
    folder = tmp_path / "run"
    ring(5, **about).run(folder, quiet=True, extend=True)  # of nothing it is a run
    with monkeypatch.context() as context:
        stop_after(context, 8, "crash")
        with pytest.raises(Stop):
            ring(12, **about).run(folder, quiet=True, extend=True)
    assert not (folder / "metrics.json").exists()
    run = ring(12, **about).run(folder, quiet=True)
    assert_same(undisturbed, folder)
    assert run.metrics["steps"] == 12
    assert len(run.recipe.table()["trainer"]) == len(ring(12, **about).table()["trainer"])


def test_what_cannot_be_extended_says_why(tmp_path):
    rate = {"kind": "cosine", "start": 0.01, "steps": 3}
    table = ring(3).table()
    table["players"]["generator"]["optimizer"] |= {"lr": rate}
    recipe = Recipe.of(table)
    folder = tmp_path / "run"
    recipe.run(folder, quiet=True)
    longer = {"trainer.steps": 6}
    with pytest.raises(MatchZooError, match="holds a run of another recipe"):
        recipe.replace(**longer).run(folder, quiet=True)
    with pytest.raises(MatchZooError, match=r"optimizer.lr ends at step 3.* stay at 0.0.*generator.init"):
        recipe.replace(**longer).run(folder, quiet=True, extend=True)
    with pytest.raises(MatchZooError, match="has 3 steps already; extend it to more"):
        recipe.replace(**{"trainer.steps": 2}).run(folder, quiet=True, extend=True)
    with pytest.raises(MatchZooError, match=r"trainer\.seed"):
        recipe.replace(**longer, **{"trainer.seed": 1}).run(folder, quiet=True, extend=True)
    assert json.loads((folder / "metrics.json").read_text())["steps"] == 3
