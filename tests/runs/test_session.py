"""Resume is exact: stopped at any step and started again, a run ends bit-identical to one never stopped."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from helpers import started
from helpers.resuming import Stop, assert_same, stop_after

from matchzoo import recipes
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.showing.progress import Progress
from matchzoo.core.storage import files
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.session import Session
from matchzoo.training.checkpoint import Checkpoints

LONG = {"steps": 200, "checkpoint_every": 20}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, tiny_card) -> dict[str, Path]:
    """One finished run of each kind."""
    import copy

    from helpers.tables import LGM, RING

    folders = {}
    long = {**RING, "trainer": RING["trainer"] | LONG}
    for name, table in (("lgm", LGM), ("ring", RING), ("long", long)):
        table = copy.deepcopy(table)
        if name == "lgm":
            table["projector"]["card"] = str(tiny_card)
        folders[name] = tmp_path_factory.mktemp("undisturbed") / name
        structure(table, Recipe).run(folders[name], quiet=True)
    return folders


@pytest.mark.parametrize("how", ["signal", "crash"])
@pytest.mark.parametrize("name", ["lgm", "ring"])
@pytest.mark.parametrize("stop", range(1, 9))  # the pyramid grows before steps 4 and 7
def test_stopped_after_any_step(name, stop, how, undisturbed, lgm_recipe, ring_recipe, tmp_path, monkeypatch):
    recipe = {"lgm": lgm_recipe, "ring": ring_recipe}[name]
    folder = tmp_path / "run"
    with monkeypatch.context() as context:
        stop_after(context, stop, how)
        with pytest.raises(SystemExit if how == "signal" else Stop) as caught:
            recipe.run(folder, quiet=True)
        if how == "signal":
            assert caught.value.code == 143
            assert Checkpoints(folder / "checkpoints", 2).latest()[0].step == stop
    recipe.run(folder, quiet=True)
    assert_same(undisturbed[name], folder)


@pytest.mark.parametrize(("stop", "saved"), [(3, 4), (7, 8), ("last", "last")])
@pytest.mark.parametrize("again", [False, True])
def test_a_signal_late_in_a_step_waits_for_the_next(
    stop, saved, again, undisturbed, ring_recipe, tmp_path, monkeypatch
):
    """After the run asked; once more at once, as from a terminal and from torchrun."""
    steps = ring_recipe.trainer.steps
    stop, saved = (steps if n == "last" else n for n in (stop, saved))
    plain, calls = Progress.update, []

    def update(self: Progress, *arguments) -> None:
        plain(self, *arguments)
        calls.append(0)
        if len(calls) == stop:
            os.kill(os.getpid(), signal.SIGTERM)
            if again:
                os.kill(os.getpid(), signal.SIGTERM)

    folder = tmp_path / "run"
    with monkeypatch.context() as context:
        context.setattr(Progress, "update", update)
        with pytest.raises(SystemExit) as caught:
            ring_recipe.run(folder, quiet=True)
    assert caught.value.code == 143
    assert Checkpoints(folder / "checkpoints", 2).latest()[0].step == saved
    ring_recipe.run(folder, quiet=True)
    assert_same(undisturbed["ring"], folder)


def test_stopped_again_and_again(undisturbed, lgm_recipe, tmp_path, monkeypatch):
    for stop in (2, 3, 4, 6, 7, 9):
        with monkeypatch.context() as context:
            stop_after(context, stop, "signal")
            with pytest.raises(SystemExit):
                lgm_recipe.run(tmp_path / "run", quiet=True)
    lgm_recipe.run(tmp_path / "run", quiet=True)
    assert_same(undisturbed["lgm"], tmp_path / "run")
    sessions = json.loads((tmp_path / "run/environment.json").read_text())["sessions"]
    assert [s["from_step"] for s in sessions] == [0, 2, 3, 4, 6, 7, 9]


@pytest.mark.parametrize("damage", ["flip", "cut", "no json", "empty"])
def test_a_damaged_checkpoint_is_passed_over(damage, undisturbed, ring_recipe, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "run"
    with monkeypatch.context() as context:
        stop_after(context, 7, "signal")
        with pytest.raises(SystemExit):
            ring_recipe.run(folder, quiet=True)
    newest = folder / "checkpoints/step-00000007"
    tensors = newest / "state.safetensors"
    raw = bytearray(tensors.read_bytes())
    if damage == "flip":
        raw[len(raw) // 2] ^= 1
        tensors.write_bytes(raw)
    elif damage == "cut":
        tensors.write_bytes(raw[: len(raw) // 2])
    elif damage == "no json":
        (newest / "state.json").write_text("{")
    else:
        (newest / "state.json").unlink()
    session = Session(ring_recipe, folder, ring_recipe.engine(), None, False, "run")
    assert session.done == 6
    assert "step-00000007 cannot be used" in capsys.readouterr().err
    ring_recipe.run(folder, quiet=True)
    assert_same(undisturbed["ring"], folder)


def test_only_the_last_checkpoints_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path, 2)
    for step in range(1, 6):
        checkpoints.save(step, {"x": torch.tensor([float(step)])}, {"seconds": step})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-00000004", "step-00000005"]
    latest, broken = checkpoints.latest()
    assert (latest.step, latest.tensors["x"].item(), latest.scalars, broken) == (5, 5.0, {"seconds": 5}, [])


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="Out of range float"):
        files.write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
    checkpoints = Checkpoints(tmp_path / "checkpoints", 2)
    checkpoints.save(1, {"x": torch.ones(1)}, {})
    with pytest.raises(TypeError):
        checkpoints.save(1, {"x": torch.ones(1)}, {"seconds": object()})
    assert checkpoints.latest()[0].step == 1
    assert sorted(p.name for p in tmp_path.rglob(".*")) == []


def test_temporaries_of_a_killed_process_are_swept(ring_recipe, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".metrics.json.tmp-1.json").write_text("{")
    (folder / ".checkpoints.tmp-1").mkdir()
    ring_recipe.run(folder, quiet=True)
    assert [p.name for p in folder.rglob(".*")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGUSR1", 0), ("SIGKILL", -9)])
def test_real_signals_to_a_real_process(name, code, undisturbed, ring, tmp_path):
    """The command stops with the documented code; what is started again ends as if nothing had been."""
    ring["trainer"] |= LONG
    (tmp_path / "recipe.toml").write_text(write_toml(ring))
    folder = tmp_path / "run"
    process = started.matchzoo("run", tmp_path / "recipe.toml", "--quiet", "--output", folder)
    deadline = time.monotonic() + 120
    while not any((folder / "checkpoints").glob("step-*/state.json")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    assert not (folder / "metrics.json").exists()
    structure(ring, Recipe).run(folder, quiet=True)
    assert recipes.open(folder).metrics["steps"] == LONG["steps"]
    assert_same(undisturbed["long"], folder)
