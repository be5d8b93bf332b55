"""Runs that are killed again and again, and started again: the end is that of an undisturbed run, to the bit.

A run is a process of its own. It is killed by SIGKILL at a random moment, of which it knows
nothing: while it loads, builds its cache, steps, writes a checkpoint, draws a picture or evaluates.
"""

import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from helpers import started
from safetensors.torch import load_file

from matchzoo import recipes
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.storage import files

LEFT_ALONE = {"environment.json", "report.html", "metrics.json", "metrics.jsonl"}
"""Say when and how long, so they differ between runs; the numbers in them are compared apart."""


def lgm(card: str) -> dict[str, Any]:
    """Thirty steps of linear gradient matching at 32 px that grow, keep a checkpoint every second and a picture."""
    table = recipes.load("lgm/quickstart").table()
    table["data"] = {"kind": "digits", "size": 32}
    table["projector"]["card"] = card
    table["generator"]["grow_every"] = 5
    table["trainer"] |= {"steps": 30, "checkpoint_every": 2, "snapshot_every": 5, "log_every": 1, "device": "cpu"}
    table["evaluation"] = [
        {"kind": "linear-probe", "protocol": "ridge", "views": 2, "seeds": 1, "random_draws": 1, "rows": 40}
    ]
    return table


def ring(card: str) -> dict[str, Any]:
    """Three hundred steps of a GRAM-net on the ring."""
    table = recipes.load("gram/ring-2d").table()
    table["trainer"] |= {"steps": 300, "batch": 50, "checkpoint_every": 10, "log_every": 5, "device": "cpu"}
    table["trainer"]["snapshot_every"] = 100
    return table


def whole(name: str) -> Callable[[str], dict[str, Any]]:
    """A recipe as it is shipped, on the CPU."""

    def table(card: str) -> dict[str, Any]:
        found = recipes.load(name).table()
        found["trainer"]["device"] = "cpu"
        return found

    return table


RECIPES = {"lgm": lgm, "ring": ring}
WHOLE = {name: whole(name) for name in ("lgm/quickstart", "gram/ring-2d")}
LONG = 3600
"""Seconds that a whole run may take on a busy machine."""


@attrs.define
class Told:
    """What came of a campaign."""

    times: int = 0
    finished: int = 0
    problems: list[str] = attrs.field(factory=list)


def start(recipe: Path, folder: Path, cache: Path) -> started.Process:
    """The run as a process."""
    place = {"MATCHZOO_CACHE": str(cache)}
    return started.matchzoo("run", recipe, "--output", folder, "--quiet", environment=place)


def finish(recipe: Path, folder: Path, cache: Path) -> float:
    """Run to the end; returns the seconds. Raises with what it said if it fails."""
    began = time.monotonic()
    process = start(recipe, folder, cache)
    out, err = process.communicate(timeout=LONG)
    if process.returncode:
        raise AssertionError(f"exit code {process.returncode}: {out[-500:]}{err[-1500:]}")
    return time.monotonic() - began


def listing(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def differences(wanted: Path, found: Path) -> list[str]:
    """How a folder differs from that of the undisturbed run."""
    a, b = listing(wanted), listing(found)
    problems = [f"missing: {name}" for name in sorted(a - b)] + [f"stray: {name}" for name in sorted(b - a)]
    for name in sorted(a & b - LEFT_ALONE):
        if name.endswith(".safetensors"):
            one, other = load_file(wanted / name), load_file(found / name)
            same = one.keys() == other.keys() and all(one[key].equal(other[key]) for key in one)
        elif name.endswith((".json", ".md")):  # provenance has dates
            continue
        else:
            same = (wanted / name).read_bytes() == (found / name).read_bytes()
        if not same:
            problems.append(f"differs: {name}")
    lines = [(folder / "metrics.jsonl").read_text(encoding="utf-8") for folder in (wanted, found)]
    if lines[0] != lines[1]:
        problems.append("differs: metrics.jsonl")
    return problems


def campaign(name: str, times: int, seed: int, folder: Path, card: str) -> Told:
    """Kill runs ``times`` times in all; each run is killed at random moments until one session reaches its end.

    Args:
        name: of `RECIPES` or `WHOLE`.
        times: kills.
        seed: of the moments.
        folder: empty; runs and caches are made under it.
        card: of the backbone.
    """
    rng, told = random.Random(seed), Told()
    recipe = folder / "recipe.toml"
    files.write_text(recipe, write_toml({**RECIPES, **WHOLE}[name](card)))
    whole = finish(recipe, folder / "wanted", folder / "cache-wanted")
    number = 0
    while told.times < times:
        number += 1
        own, cache = folder / f"run-{number}", folder / f"cache-{number}"
        while told.times < times:
            process = start(recipe, own, cache)
            try:
                process.communicate(timeout=rng.uniform(0.1, 1.1) * whole)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                told.times += 1
        try:
            finish(recipe, own, cache)
        except AssertionError as error:
            told.problems.append(f"run {number}: {error}")
            continue
        told.finished += 1
        told.problems += [f"run {number}: {problem}" for problem in differences(folder / "wanted", own)]
        strays = [path.name for path in cache.rglob("*") if path.is_file() and path.suffix not in (".npy", ".lock")]
        told.problems += [f"run {number}: stray in the cache: {stray}" for stray in strays]
    return told
