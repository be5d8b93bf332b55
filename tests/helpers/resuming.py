"""Runs that are stopped at a step, and what must be equal after they were resumed."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from matchzoo.training.loop import Training


def outcome(folder: Path) -> tuple[dict[str, torch.Tensor], str, list]:
    """Every tensor of the last checkpoint, optimizer state included, the log, and the results but for seconds."""
    last = sorted((folder / "checkpoints").glob("step-*"))[-1]
    results = json.loads((folder / "metrics.json").read_text())["results"]
    kept = [{k: v for k, v in r.items() if k not in ("seconds", "method")} for r in results]
    return load_file(last / "state.safetensors"), (folder / "metrics.jsonl").read_text(), kept


def assert_same(one: Path, other: Path) -> None:
    (a, log_a, results_a), (b, log_b, results_b) = outcome(one), outcome(other)
    assert a.keys() == b.keys()
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert log_a == log_b
    assert results_a == results_b
    strays = [p.name for p in other.rglob("*") if ".tmp-" in p.name]
    assert strays == []
    for name in sorted(p.name for p in (one / "snapshots").glob("*")):
        assert (one / "snapshots" / name).read_bytes() == (other / "snapshots" / name).read_bytes()


class Stop(Exception):
    """Stands for a signal that arrives during a step."""


def stop_after(monkeypatch: pytest.MonkeyPatch, number: int, how: str) -> None:
    """Make the next session stop in its step ``number``: by a deferred signal (saves), or by a crash (does not)."""
    plain = Training.step

    def step(self: Training, n: int) -> dict:
        if n == number + 1 and how == "crash":
            raise Stop
        values = plain(self, n)
        if n == number and how == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
        return values

    monkeypatch.setattr(Training, "step", step)
