"""Several processes under torchrun give what one gives."""

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest
from helpers import processes, started
from helpers.room import V_REX, barlow
from helpers.training_steps import STEPS, train
from safetensors.torch import load_file
from torch.testing import assert_close

from matchzoo.core.declaration.structuring import structure
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.engine import Engine
from matchzoo.training.loop import Training

ROOT = Path(__file__).parents[2]
PROCESSES = str(ROOT / "tests/helpers/processes.py")
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone"]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def together(count: int, *words: object, code: int = 0) -> str:
    """What some processes of one run complain of, all of which end with a code."""
    made = [started.Forked(processes.main, *map(str, words), environment=place) for place in started.places(count)]
    said = "\n".join(process.communicate(500)[1] for process in made)
    assert [process.returncode for process in made] == [code] * count, said[-3000:]
    return said


def tables(lgm: dict, ring: dict) -> dict[str, dict]:
    """Ten classes do not divide by 3 or 4 processes; views, noise, growth, learned labels, and a GRAM-net."""
    online = copy.deepcopy(lgm)
    online["players"]["generator"]["minimize"][0]["reference"] = "online"
    online["generator"]["soft_labels"] = "learned"
    more, fewer = copy.deepcopy(online), copy.deepcopy(ring)
    more["trainer"]["real_batch"], fewer["trainer"]["real_batch"] = 33, 12
    decayed = copy.deepcopy(online)  # labels that MMD does not look at
    decayed["players"]["generator"]["optimizer"]["weight_decay"] = 0.1
    decayed["players"]["generator"]["minimize"] = [{"kind": "mmd", "bandwidths": [4.0]}]
    made = {"lgm": lgm, "online": online, "gram": ring, "more real ones": more, "fewer real ones": fewer}
    made["weight decay"] = decayed
    made |= {"environments": copy.deepcopy(V_REX), "two views": barlow()}
    made["sharp"] = copy.deepcopy(V_REX)
    made["sharp"]["players"]["learner"]["sharpness"] = 0.5
    for table in made.values():
        table["trainer"]["precision"] = "float64"
    return made


@pytest.mark.parametrize("theirs", [False, True])
def test_weight_decay_moves_only_what_has_a_gradient_in_a_process(theirs, lgm, ring, monkeypatch):
    """The first of two processes, alone; what the other has a gradient of is moved here too."""
    recipe = structure(tables(lgm, ring)["weight decay"], Recipe)
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    training.engine = attrs.evolve(engine, world_size=2, hosts=None)
    for name, alone in {
        "local_rows": lambda self, count: range(count),
        "all_gather": lambda self, own, count: own,
        "all_reduce_sum": lambda self, tensors: None,
        "any_of": lambda self, flags: [True] * len(flags) if theirs else list(flags),
    }.items():
        monkeypatch.setattr(Engine, name, alone)
    logits = training.parts.generator.label_logits
    before = logits.detach().clone()
    training.step(1)
    assert logits.equal(before) is not theirs


@pytest.mark.slow
@pytest.mark.parametrize(("count", "chunk"), [(2, 7), (4, 1), (3, "auto")])
def test_processes_and_chunks_give_what_one_graph_gives(count, chunk, lgm, ring, tmp_path):
    made = tables(lgm, ring)
    for table in made.values():
        table["trainer"]["chunk"] = chunk
    (tmp_path / "tables.json").write_text(json.dumps(made))
    together(count, "train", tmp_path / "tables.json", tmp_path, STEPS)
    for name, table in made.items():
        found = json.loads((tmp_path / f"{name}.json").read_text())
        assert found["world"] == count
        values, state = train(table, 10_000)
        assert found["values"] == [pytest.approx(v, rel=1e-12, abs=1e-12) for v in values]
        parts = load_file(tmp_path / f"{name}.safetensors")
        assert parts.keys() == state.keys()
        for key, tensor in state.items():
            assert_close(parts[key], tensor, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_a_run_of_two_processes_leaves_one_folder_and_goes_on_in_one(lgm, tmp_path):
    lgm["trainer"] |= {"precision": "float64", "checkpoint_every": 3, "steps": 6}
    lgm["evaluation"] = []
    (tmp_path / "tables.json").write_text(json.dumps({"whole": lgm}))
    together(2, "run", tmp_path / "tables.json", tmp_path, 0)
    folder = tmp_path / "whole"
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    [session] = json.loads((folder / "environment.json").read_text())["sessions"]
    assert session["processes"] == 2
    assert (folder / "distilled" / "images.safetensors").is_file()
    # one process goes on from a checkpoint of two
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "metrics.json").unlink()
    shutil.rmtree(other / "checkpoints" / "step-00000006")
    structure(lgm, Recipe).run(other, quiet=True)
    assert_close(load_file(other / "parts.safetensors"), load_file(folder / "parts.safetensors"), rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "said"), [((4, 0), "some see no run there"), ((4, 3), "steps 3 and 4")])
def test_folders_that_are_not_shared_are_refused(steps, said, ring, tmp_path):
    ring["trainer"] |= {"checkpoint_every": 1, "steps": 4, "keep": 2}
    ring["evaluation"] = []
    structure(ring, Recipe).run(tmp_path / "0" / "one", quiet=True)
    (tmp_path / "0/one/metrics.json").unlink()
    if steps[1]:
        shutil.copytree(tmp_path / "0", tmp_path / "1")
        shutil.rmtree(tmp_path / "1/one/checkpoints/step-00000004")
    (tmp_path / "tables.json").write_text(json.dumps({"one": ring}))
    before = (tmp_path / "0/one/metrics.jsonl").read_text()
    wrong = together(2, "apart", tmp_path / "tables.json", tmp_path, 0, code=1)
    assert f"the processes see different folders ({said}); give an --output that all of them share" in wrong
    assert (tmp_path / "0/one/metrics.jsonl").read_text() == before


@pytest.mark.slow
def test_a_signal_to_torchrun_stops_all_after_the_same_step_and_the_end_is_the_same(lgm, tmp_path):
    lgm["trainer"] |= {"precision": "float64", "checkpoint_every": 1000, "steps": 40, "snapshot_every": 2}
    lgm["generator"]["grow_every"] = 1000
    lgm["evaluation"] = []
    (tmp_path / "tables.json").write_text(json.dumps({"whole": lgm}))
    words = (str(tmp_path / "tables.json"), str(tmp_path), "0")
    with subprocess.Popen(
        [*TORCHRUN, "--nproc-per-node=2", PROCESSES, "slowly", *words], env=environment(), stderr=subprocess.PIPE
    ) as running:
        deadline = time.monotonic() + 300
        seen = tmp_path / "whole/snapshots"
        while not seen.is_dir() and time.monotonic() < deadline and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=200)
    [checkpoint] = (tmp_path / "whole" / "checkpoints").glob("step-*")
    done = int(checkpoint.name.removeprefix("step-"))
    assert 0 < done < 40
    assert not (tmp_path / "whole" / "metrics.json").exists()
    together(2, "run", *words)
    state = load_file(tmp_path / "whole" / "parts.safetensors")
    _, undisturbed = train(lgm, 10_000, 40)
    for key, tensor in state.items():
        assert_close(tensor, undisturbed[key], rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_more_processes_than_samples_and_what_couples_rows_are_refused(lgm, ring, tmp_path):
    ring["projector"]["network"]["norm"] = "batch"
    (tmp_path / "tables.json").write_text(json.dumps({"ring": ring}))
    wrong = together(2, "train", tmp_path / "tables.json", tmp_path, 1, code=1)
    assert "the projector has batch norm; use one process" in wrong
