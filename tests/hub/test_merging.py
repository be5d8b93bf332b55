"""Merged models: of runs from one start, by the command, and what is refused."""

from pathlib import Path

import pytest
import torch

from matchzoo import recipes
from matchzoo.cli.main import main
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.evaluation.evaluation import some_rows
from matchzoo.hub.merging import merge, relatedness
from matchzoo.hub.model import Model
from matchzoo.models.merging import fisher_information, fisher_mean, mean_of, task_arithmetic
from matchzoo.projectors import Projector
from matchzoo.recipes.recipe import Recipe

TABLE = {
    "data": {"kind": "digits", "size": 8, "channels": 1},
    "projector": {"kind": "learned", "features": 10, "network": {"kind": "mlp", "widths": [8]}},
    "players": {"classifier": {"moves": ["projector"], "minimize": ["classification"]}},
    "trainer": {"steps": 2, "real_batch": 16, "device": "cpu"},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run, and two that started from it."""
    folder = tmp_path_factory.mktemp("merge")
    found = {}
    for name, seed in (("start", 0), ("first", 1), ("second", 2)):
        start = {} if name == "start" else {"projector.init": str(folder / "start")}
        recipe = structure(TABLE, Recipe).replace(**{"trainer.seed": seed, **start})
        recipe.run(folder / name, quiet=True)
        found[name] = folder / name
    return found


def model(seed: int, **fields: object) -> Model:
    table = {"kind": "learned", "features": 3, "network": {"kind": "mlp", "widths": [4]}, **fields}
    spec = Spec(shape=(5,), classes=3, class_names=("a", "b", "c"), features=3, seed=seed, space="projector")
    part = structure(table, Projector)
    part.build(spec)
    return Model.of(part, spec)


def test_the_command_merges_runs_from_one_start(runs, tmp_path, capsys):
    first, second, start = (str(runs[name]) for name in ("first", "second", "start"))
    tensors = [recipes.open(runs[name]).parts.model("projector").tensors for name in ("first", "second", "start")]
    for words, expected in [
        (["--weights", "1", "3"], mean_of(tensors[:2], [1.0, 3.0])),
        (
            ["--method", "task-arithmetic", "--start", start, "--scale", "0.5"],
            task_arithmetic(tensors[2], tensors[:2], 0.5),
        ),
    ]:
        main(["merge", first, second, "-o", str(tmp_path / "merged"), *words])
        torch.testing.assert_close(Model.load(tmp_path / "merged").tensors, expected)
    assert "cosine of their parameters" in capsys.readouterr().out

    main(["merge", first, second, "-o", str(tmp_path / "fisher"), "--method", "fisher", "--samples", "20"])
    merged = Model.load(tmp_path / "fisher")
    assert merged.source["from"].startswith("fisher of the models ")
    data = recipes.open(runs["first"]).recipe.data
    data.build(0)
    images = data.training_set.render(some_rows(data.training_set, 20)).values
    parts = [recipes.open(runs[name]).parts.model("projector").part for name in ("first", "second")]
    fishers = [fisher_information(part.requires_grad_(True), images) for part in parts]
    torch.testing.assert_close(merged.tensors, fisher_mean(tensors[:2], fishers))


def test_models_without_a_common_start_warn(tmp_path, capsys):
    for number in (0, 1):
        model(number).save(tmp_path / str(number))
    main(["merge", str(tmp_path / "0"), str(tmp_path / "1"), "-o", str(tmp_path / "merged")])
    assert "hardly have a start in common" in capsys.readouterr().err
    assert relatedness([model(0), model(0)]) == pytest.approx(1)


def test_what_is_refused(tmp_path, capsys):
    other = model(0, network={"kind": "mlp", "widths": [6]})
    for call, message in [
        (lambda: merge([model(0)]), "at least two to merge, got 1"),
        (lambda: merge([model(0), other]), "number 2 has another declaration"),
        (lambda: merge([model(0), model(1)], "task-arithmetic"), "start: missing"),
        (lambda: merge([model(0), model(1)], "task-arithmetic", start=other), "start: has another declaration"),
        (lambda: merge([model(0), model(1)], "task-arithmetic", start=model(2), weights=[1, 2]), "weights: .* leave"),
        (lambda: merge([model(0), model(1)], start=model(2)), 'start: is for method = "task-arithmetic"'),
        (lambda: merge([model(0), model(1)], "fisher"), "samples of each of 2 models"),
        (lambda: merge([model(0), model(1)], "fishr"), "did you mean 'fisher'"),
    ]:
        with pytest.raises(MatchZooError, match=message):
            call()
    model(0).save(tmp_path / "model")
    for words, message in [
        (["--method", "fisher"], "is not a run's folder"),
        (["--samples", "0"], "--samples: expected at least 1"),
    ]:
        with pytest.raises(SystemExit):
            main(["merge", str(tmp_path / "model"), str(tmp_path / "model"), "-o", str(tmp_path / "x"), *words])
        assert message in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
