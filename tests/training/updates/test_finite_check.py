"""Numbers that are not finite: they stop the run or skip a turn, and never reach a checkpoint or a result."""

import copy
import json
import math
import os
import signal
from pathlib import Path

import pytest
import torch
from helpers.tables import RING
from safetensors.torch import load_file

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.checkpoint import Checkpoints
from matchzoo.training.loop import Training
from matchzoo.training.updates.finite_check import FiniteCheck, NotFiniteError, largest, require_finite

SHORT = {"steps": 8, "checkpoint_every": 4, "log_every": 2, "device": "cpu"}


class Steep(torch.autograd.Function):
    """The value itself, with a gradient that is not finite."""

    @staticmethod
    def forward(context, value, factor):
        context.factor = factor
        return value.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient * context.factor, None


def spoil(monkeypatch: pytest.MonkeyPatch, number: int, how: str, factor: float, player: str = "generator") -> None:
    """Make a value of a player, its gradient or its parameters not finite in a step."""
    plain, play = Training.evaluate, Training._update

    def evaluate(self, players, step, features):
        values = plain(self, players, step, features)
        if step.number == number and player in values and how != "parameters":
            values[player] = [x * factor if how == "value" else Steep.apply(x, factor) for x in values[player]]
        return values

    def played(self, group, step, turn):
        values = play(self, group, step, turn)
        if step.number == number and player in group and how == "parameters":
            with torch.no_grad():
                self.parameters[player][0].view(-1)[0] = factor
        return values

    monkeypatch.setattr(Training, "evaluate", evaluate)
    monkeypatch.setattr(Training, "_update", played)


@pytest.fixture
def tiny(ring: dict) -> dict:
    ring["trainer"] |= SHORT
    ring["evaluation"] = []
    return ring


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """What an undisturbed run ends with."""
    table = {**copy.deepcopy(RING), "evaluation": []}
    table["trainer"] |= SHORT
    folder = tmp_path_factory.mktemp("wanted") / "run"
    structure(table, Recipe).run(folder, quiet=True)
    return load_file(folder / "parts.safetensors")


@pytest.mark.parametrize("how", ["value", "gradient", "parameters"])
@pytest.mark.parametrize("factor", [math.nan, math.inf, -math.inf])
def test_a_run_stops_with_step_and_term_and_goes_on_from_its_checkpoint(
    how, factor, tiny, wanted, tmp_path, monkeypatch
):
    what = {"value": r"generator/minimize\[0\]", "gradient": "generator/gradient", "parameters": r"generator/minimize"}
    step = 7 if how == "parameters" else 6  # the value of the next one shows it
    with monkeypatch.context() as context:
        spoil(context, 6, how, factor)
        expected = (
            rf"step {step}: .*{what[how]}.* is not finite; lower the learning rate .*checkpoint of step 4 is intact"
        )
        with pytest.raises(NotFiniteError, match=expected):
            structure(tiny, Recipe).run(tmp_path / "run", quiet=True)
    record = json.loads((tmp_path / "run/failure/failure.json").read_text())
    assert record["step"] == step
    state = load_file(tmp_path / "run/failure/state.safetensors")
    assert all(x.isfinite().all() for x in state.values()) == (how != "parameters")
    structure(tiny, Recipe).run(tmp_path / "run", quiet=True)
    assert not (tmp_path / "run/failure").exists()
    found = load_file(tmp_path / "run/parts.safetensors")
    assert wanted.keys() == found.keys()
    assert all(wanted[key].equal(found[key]) for key in wanted)


def test_a_step_that_spoils_the_state_reaches_no_checkpoint(tiny, tmp_path, monkeypatch):
    spoil(monkeypatch, 4, "parameters", math.nan)  # a step after which a checkpoint is due, with a finite value
    with pytest.raises(MatchZooError, match=r"step 4: generator/\S+ is not finite.*no checkpoint before it"):
        structure(tiny, Recipe).run(tmp_path / "run", quiet=True)
    assert Checkpoints(tmp_path / "run/checkpoints", 2).latest() == (None, [])


@pytest.mark.parametrize("how", ["value", "gradient"])
@pytest.mark.parametrize("player", ["generator", "projector"])
def test_a_recipe_may_skip_such_turns(how, player, tiny, tmp_path, monkeypatch):
    tiny["trainer"]["nonfinite"] = "skip"
    training = structure(tiny, Recipe)
    before: dict[str, torch.Tensor] = {}
    plain = Training.step

    def step(self, number):
        if number == 6:
            before.update({k: v.clone() for k, v in self.state().items()})
        values = plain(self, number)
        if number == 6:
            moved = {k.split("/")[0] for k, v in self.state().items() if k in before and not v.equal(before[k])}
            assert player not in moved
            assert moved - {"optimizers", "skipped"}  # the other player did step
        return values

    spoil(monkeypatch, 6, how, math.nan, player)
    monkeypatch.setattr(Training, "step", step)
    run = training.run(tmp_path / "run", quiet=True)
    lines = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [line["skipped"] for line in lines] == [0, 0, 0, 1, 1]  # steps 1, 2, 4, 6, 8
    assert "NaN" not in (tmp_path / "run/metrics.jsonl").read_text()
    values = [name for name in lines[3] if name.startswith(f"{player}/") and name.count("/") == 1]
    assert bool(values) == (how == "gradient")
    assert all(x.isfinite().all() for x in load_file(run.folder / "parts.safetensors").values())


def test_skipped_turns_are_counted_across_sessions(tiny, tmp_path, monkeypatch):
    tiny["trainer"]["nonfinite"] = "skip"
    spoil(monkeypatch, 3, "value", math.nan)
    structure(tiny, Recipe).run(tmp_path / "wanted", quiet=True)
    plain = Training.step

    def step(self, number):
        values = plain(self, number)
        if number == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return values

    with monkeypatch.context() as context:
        context.setattr(Training, "step", step)
        with pytest.raises(SystemExit):
            structure(tiny, Recipe).run(tmp_path / "run", quiet=True)
    structure(tiny, Recipe).run(tmp_path / "run", quiet=True)
    wanted, found = ((tmp_path / name / "metrics.jsonl").read_text() for name in ("wanted", "run"))
    assert wanted == found


def test_images_that_are_not_finite_are_never_written(lgm, tmp_path: Path, monkeypatch):
    lgm["trainer"] |= {"steps": 4, "checkpoint_every": 2}
    lgm["evaluation"] = []
    spoil(monkeypatch, 4, "parameters", math.nan)  # the last step
    with pytest.raises(MatchZooError, match=r"step 4: generator/\S+ is not finite.*checkpoint of step 2 is intact"):
        structure(lgm, Recipe).run(tmp_path / "run", quiet=True)
    assert not (tmp_path / "run/distilled").exists()
    assert not (tmp_path / "run/parts.safetensors").exists()


def test_without_waiting_the_first_step_is_told_later():
    watch, fine = FiniteCheck(waits=False), torch.ones(3)
    for number in range(1, 9):
        bad = fine * (math.nan if number in (5, 7) else 1)
        assert (
            watch.observe(number, {"a": [fine, bad], "b": [fine * (math.inf if number == 6 else 1)], "c": [fine]}) == []
        )
        if number < 5:
            watch.check(number)
    with pytest.raises(NotFiniteError, match=r"step 5: a is not finite \(seen at step 8\)") as caught:
        watch.check(8)
    assert (caught.value.step, caught.value.what, caught.value.seen) == (5, ("a",), 8)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_largest_value_does_not_overflow(dtype):
    top = torch.finfo(dtype).max
    assert largest([torch.full((1000,), top, dtype=dtype), torch.zeros(0, dtype=dtype)]).item() == top
    assert math.isinf(largest([torch.tensor([1.0, top], dtype=dtype) * 2]).item())
    assert math.isnan(largest([torch.tensor([1.0]), torch.tensor([math.nan, math.inf])]).item())
    with pytest.raises(NotFiniteError, match="step 3: b is not finite"):
        require_finite(3, {"a": torch.ones(2), "b": torch.tensor([math.nan], dtype=dtype), "n": torch.tensor(3)})
