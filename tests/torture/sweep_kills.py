"""A sweep that is killed again and again, and started again: its table is that of a sweep that was never stopped.

The command is killed by SIGKILL at random moments, of which it knows nothing; its two processes end when it does.
"""

import json
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from helpers import started
from torture.kills import LONG, Told

from matchzoo import recipes
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.storage import files

AXES = ("--trainer.seed", "0", "1", "2", "--players.generator.optimizer.lr", "1e-3", "1e-2", "--validation", "0.2")


def ring() -> dict[str, Any]:
    """Three hundred steps of a GRAM-net on the ring, a checkpoint every ten."""
    table = recipes.load("gram/ring-2d").table()
    table["trainer"] |= {"steps": 300, "batch": 50, "checkpoint_every": 10, "log_every": 20, "device": "cpu"}
    table["trainer"].pop("snapshot_every", None)
    table["evaluation"] = [{"kind": "mode-coverage"}, {"kind": "two-sample", "samples": 500}]
    return table


def start(recipe: Path, folder: Path) -> started.Process:
    """The sweep as a process."""
    return started.matchzoo("sweep", recipe, *AXES, "--jobs", 2, "--output", folder, "--quiet")


def finish(recipe: Path, folder: Path) -> float:
    """Run to the end; returns the seconds. Raises with what it said if it fails."""
    began = time.monotonic()
    process = start(recipe, folder)
    out, err = process.communicate(timeout=LONG)
    if process.returncode:
        raise AssertionError(f"exit code {process.returncode}: {out[-500:]}{err[-1500:]}")
    return time.monotonic() - began


def outcome(folder: Path) -> list[str]:
    """The table as it is written, and all numbers but for the seconds that runs took."""
    stored = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
    runs = [{key: value for key, value in run.items() if key != "seconds"} for run in stored["runs"]]
    for run in runs:
        run["results"] = [{k: v for k, v in record.items() if k != "seconds"} for record in run["results"]]
    numbers = json.dumps([stored["settings"], stored["best"], runs])
    return [(folder / name).read_text(encoding="utf-8") for name in ("sweep.md", "sweep.csv")] + [numbers]


def campaign(times: int, seed: int, folder: Path) -> Told:
    """Kill sweeps ``times`` times in all; each is killed at random moments until one session reaches its end.

    Args:
        times: kills.
        seed: of the moments.
        folder: empty; sweeps are made under it.
    """
    rng, told = random.Random(seed), Told()
    recipe = folder / "recipe.toml"
    files.write_text(recipe, write_toml(ring()))
    whole = finish(recipe, folder / "wanted")
    number = 0
    while told.times < times:
        number += 1
        own = folder / f"sweep-{number}"
        while told.times < times:
            process = start(recipe, own)
            try:
                process.communicate(timeout=rng.uniform(0.05, 0.7) * whole)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                told.times += 1
        try:
            finish(recipe, own)
        except AssertionError as error:
            told.problems.append(f"sweep {number}: {error}")
            continue
        told.finished += 1
        if outcome(own) != outcome(folder / "wanted"):
            told.problems.append(f"sweep {number}: another table")
        told.problems += [f"sweep {number}: stray {path}" for path in own.rglob(".*tmp-*")]
    return told
