"""Trackers: told everything, trusted with nothing. TensorBoard is the real one where it is installed; the others here
are a stand-in that writes down how it is called."""

import json
import os
import signal
import sys
import types
from pathlib import Path
from typing import get_args

import pytest
from accelerate import tracking

from matchzoo.cli.main import main
from matchzoo.cli.run import Tracker
from matchzoo.core.errors import MatchZooError
from matchzoo.runs.showing import trackers
from matchzoo.runs.showing.trackers import summary
from matchzoo.training.loop import Training

FAKE = '''"""A stand-in for wandb and trackio: it keeps its calls, and meddles with every global random state."""
import random, numpy, torch
calls, failing = [], set()
class Run:
    def __init__(self):
        self.summary = self
    def log(self, numbers, step):
        note("log", numbers, step)
    def update(self, numbers):
        note("summary", numbers)
    def finish(self):
        note("finish")
def note(name, *what):
    for seed in (random.seed, numpy.random.seed, torch.manual_seed):
        seed(len(calls))
    print("chatter")
    if name in failing:
        raise RuntimeError(f"no {name}\\nand more")
    calls.append((name, *what))
def init(**about):
    note("init", about)
    return Run()
'''


@pytest.fixture(params=["wandb", "trackio"])
def fake(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / f"{request.param}.py").write_text(FAKE)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.delitem(sys.modules, request.param, raising=False)
    module = __import__(request.param)
    yield module
    del sys.modules[request.param]


def records(folder: Path) -> list[tuple[str, dict, int]]:
    """The log as calls."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [("log", {k: v for k, v in line.items() if k != "step"}, line["step"]) for line in lines]


def stopped(recipe, folder: Path, step: int, monkeypatch: pytest.MonkeyPatch, **options) -> None:
    """A session that a signal ends after a step."""
    plain = Training.step

    def one(self: Training, number: int) -> dict:
        if number == step:
            os.kill(os.getpid(), signal.SIGTERM)
        return plain(self, number)

    with monkeypatch.context() as context:
        context.setattr(Training, "step", one)
        with pytest.raises(SystemExit):
            recipe.run(folder, quiet=True, **options)


def test_everything_is_told_and_nothing_changes(fake, ring_recipe, tmp_path, capsys):
    run = ring_recipe.run(tmp_path / "with", quiet=True, name="gram", tracker=fake.__name__, declared="gram/ring")
    plain = ring_recipe.run(tmp_path / "without", quiet=True, name="gram")
    for name in ("metrics.jsonl", "recipe.toml", "parts.safetensors"):
        assert (run.folder / name).read_bytes() == (plain.folder / name).read_bytes()
    (_, about), *told, results, finish = fake.calls
    assert about["config"] == ring_recipe.table()
    assert about["project"] == "matchzoo"
    assert told == records(run.folder)
    assert results[0] == ("summary" if fake.__name__ == "wandb" else "log")
    assert results[1] == summary(run.metrics["results"], run.metrics["seconds"])
    assert any(key.startswith("results/mode-coverage/gram/") for key in results[1])
    assert finish == ("finish",)
    said = capsys.readouterr()
    assert "chatter" in said.err
    assert "chatter" not in said.out
    assert not (plain.folder / trackers.IDENTITIES).exists()
    ring_recipe.run(run.folder, quiet=True, tracker=fake.__name__)  # a finished run is only opened
    assert fake.calls[-1] is finish


def test_a_resumed_run_goes_on_with_the_same(fake, ring_recipe, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    stopped(ring_recipe, folder, 5, monkeypatch, tracker=fake.__name__)
    assert fake.calls[-1] == ("finish",)
    ring_recipe.run(folder, quiet=True, tracker=fake.__name__)
    inits = [call[1] for call in fake.calls if call[0] == "init"]
    key = "id" if fake.__name__ == "wandb" else "name"
    assert len(inits) == 2
    assert inits[0][key] == inits[1][key]
    assert {one["resume"] for one in inits} == {"allow"}
    assert json.loads((folder / trackers.IDENTITIES).read_text())[fake.__name__] in inits[0][key]
    assert [call for call in fake.calls if call[0] == "log"][:9] == records(folder)


def test_one_that_comes_late_is_told_what_there_was(fake, ring_recipe, tmp_path, monkeypatch):
    stopped(ring_recipe, tmp_path / "run", 5, monkeypatch)
    ring_recipe.run(tmp_path / "run", quiet=True, tracker=fake.__name__)
    assert [call for call in fake.calls if call[0] == "log"][:9] == records(tmp_path / "run")


@pytest.mark.parametrize("failing", ["init", "log", "finish"])
def test_a_failure_is_a_line(failing, fake, ring_recipe, tmp_path, capsys):
    fake.failing.add(failing)
    run = ring_recipe.run(tmp_path / "run", quiet=True, tracker=fake.__name__)
    assert run.metrics["steps"] == 9
    notes = [line for line in capsys.readouterr().err.splitlines() if line != "chatter"]
    assert notes == [f"note: tracker {fake.__name__} failed and is left alone; the run goes on: no {failing}"]


def test_one_that_is_not_installed(ring_recipe, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MatchZooError, match="tracker 'wandb': its library is not installed here: pip install wandb"):
        ring_recipe.run(tmp_path / "run", tracker="wandb")
    with pytest.raises(MatchZooError, match="unknown tracker 'wand'; did you mean 'wandb'"):
        ring_recipe.run(tmp_path / "run", tracker="wand")
    assert not (tmp_path / "run").exists()
    with pytest.raises(SystemExit) as caught:
        main(["run", "lgm/quickstart", "--tracker", "wandb", "--output", str(tmp_path / "run")])
    assert caught.value.code == 2
    assert "pip install wandb" in capsys.readouterr().err


def test_a_folder_that_a_tracker_left_is_no_library(tmp_path, monkeypatch):
    (tmp_path / "wandb").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    with pytest.raises(MatchZooError, match="not installed"):
        trackers.check("wandb")


def test_the_command_knows_all():
    assert set(get_args(Tracker)) == set(trackers.TRACKERS)
    assert set(trackers.TRACKERS) == set(tracking.LOGGER_TYPE_TO_CLASS)


@pytest.mark.parametrize("name", trackers.TRACKERS)
def test_options_are_those_of_the_trackers_of_accelerate(name, tmp_path):
    """Of whatever does not go on to the library itself."""
    for known in (None, "0123abcd"):
        about = trackers.Opening(tmp_path, "gram/ring", {"trainer": {"steps": 3}}, "0123abcd", known, 2)
        arguments, options = trackers.TRACKERS[name](about)
        made = tracking.LOGGER_TYPE_TO_CLASS[name](*arguments, **options)
        assert isinstance(made, tracking.GeneralTracker)
        assert made.name == name


def test_one_that_names_runs_itself_is_asked_for_the_name(ring_recipe, tmp_path, monkeypatch):
    """A stand-in for mlflow: the second session goes on with the run that the first one was given."""
    calls: list[tuple] = []
    run = types.SimpleNamespace(info=types.SimpleNamespace(run_id="given"))
    fake = types.SimpleNamespace(
        search_experiments=lambda filter_string: [types.SimpleNamespace(experiment_id="1")],
        start_run=lambda **about: calls.append(("start", about["run_id"])) or run,
        end_run=lambda: calls.append(("end",)),
        log_metrics=lambda metrics, step: calls.append(("log", metrics, step)),
        log_params=lambda values: calls.append(("params", values)),
        utils=types.SimpleNamespace(
            validation=types.SimpleNamespace(MAX_PARAM_VAL_LENGTH=500, MAX_PARAMS_TAGS_PER_BATCH=100)
        ),
    )
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    monkeypatch.setattr(trackers, "check", lambda name: None)
    stopped(ring_recipe, tmp_path / "run", 5, monkeypatch, tracker="mlflow")
    ring_recipe.run(tmp_path / "run", quiet=True, tracker="mlflow")
    assert [call for call in calls if call[0] == "start"] == [("start", None), ("start", "given")]
    (parameters,) = [call[1] for call in calls if call[0] == "params"]
    assert parameters["trainer.steps"] == ring_recipe.trainer.steps
    assert [call[2] for call in calls if call[0] == "log"] == [*range(1, 10), 9]


def test_names_of_results():
    rows = [
        {"evaluation": "linear-probe", "number": 0, "space": "clip", "method": "lgm", "top1_mean": 50.0, "seeds": 2},
        {"evaluation": "linear-probe", "number": 1, "space": "clip", "method": "lgm", "top1_mean": 60.0, "top5": None},
        {"evaluation": "two-sample", "number": 2, "method": "lgm", "distance": 0.5, "better": True},
    ]
    assert summary(rows, {"training": 3.0}) == {
        "seconds/training": 3.0,
        "results/linear-probe 0/clip/lgm/top1_mean": 50.0,
        "results/linear-probe 0/clip/lgm/seeds": 2,
        "results/linear-probe 1/clip/lgm/top1_mean": 60.0,
        "results/two-sample/lgm/distance": 0.5,
    }


def test_tensorboard(ring_recipe, tmp_path, monkeypatch):
    """The real one: a run that crashed after its checkpoint and was resumed has every step once."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    plain, folder = Training.step, tmp_path / "run"

    def crash(self: Training, number: int) -> dict:
        if number == 6:
            raise KeyError
        return plain(self, number)

    with monkeypatch.context() as context:
        context.setattr(Training, "step", crash)
        with pytest.raises(KeyError):
            ring_recipe.run(folder, quiet=True, tracker="tensorboard")
    run = ring_recipe.run(folder, quiet=True, tracker="tensorboard")
    assert run.metrics["steps"] == 9
    found = EventAccumulator(str(folder / "tensorboard"))
    found.Reload()
    told = {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in found.Tags()["scalars"]}
    for _, numbers, step in records(folder):
        for tag, value in numbers.items():
            assert [v for s, v in told[tag] if s == step] == [pytest.approx(value, rel=1e-6)]
    results = summary(run.metrics["results"], run.metrics["seconds"])
    assert {tag: told[tag] for tag in results} == {t: [(9, pytest.approx(v, rel=1e-6))] for t, v in results.items()}
    text = found.Tensors("recipe/text_summary")[0].tensor_proto.string_val[0].decode()
    assert ring_recipe.to_toml() in text
