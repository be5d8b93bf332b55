"""What the machine does to a run: full disks, folders that vanish or cannot be written, clocks that go back.

Each function returns what is wrong, an empty list where nothing is. A run is a process of its own, so that what it says
and its exit code are those that a user sees.
"""

import functools
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from helpers.hub_server import Fault, HubServer
from safetensors.torch import load_file
from torture import kills

from matchzoo.core.storage import files
from matchzoo.core.toml import write_toml
from matchzoo.hub.distilled import DistilledDataset


def process(recipe: Path, folder: Path, before: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
    """A run in a process, with what it does to itself first."""
    command = [sys.executable, "-m", "matchzoo", "run", str(recipe), "--output", str(folder), "--quiet"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=before
    )


def ring(folder: Path, steps: int = 60) -> Path:
    """A recipe of a short run that keeps checkpoints often."""
    table = kills.ring("")
    table["trainer"] |= {"steps": steps, "checkpoint_every": 5}
    path = folder / "ring.toml"
    files.write_text(path, write_toml(table))
    return path


def complaint(done: "subprocess.Popen[str]", words: str) -> list[str]:
    """Whether a process ended with a message for people that has some words."""
    out, err = done.communicate(timeout=300)
    problems = []
    if done.returncode in (0, None) or done.returncode < 0:
        problems.append(f"exit code {done.returncode}")
    if "Traceback" in err or "Traceback" in out:
        problems.append(f"a traceback: {err[-800:]}")
    if words not in err:
        problems.append(f"said {err[-300:]!r}, not {words!r}")
    return problems


def afterwards(recipe: Path, folder: Path, wanted: Path) -> list[str]:
    """What is wrong with a run that is started again once the fault is mended."""
    kills.finish(recipe, folder, wanted.parent / "cache")
    return kills.differences(wanted, folder)


def disk_full(folder: Path) -> list[str]:
    """No file may grow beyond some kilobytes, as on a full disk; then there is room again."""
    recipe, wanted, run = ring(folder), folder / "wanted", folder / "run"
    kills.finish(recipe, wanted, folder / "cache")
    problems = []
    for kilobytes in (2, 8):

        def limit(size: int = kilobytes * 1024) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        problems += complaint(process(recipe, run, limit), "cannot be written")
    return problems + afterwards(recipe, run, wanted)


def cannot_be_written(folder: Path) -> list[str]:
    """The folder above may not be written; where this is root, without root's right to do so anyway."""
    recipe, wanted, place = ring(folder), folder / "wanted", folder / "theirs"
    kills.finish(recipe, wanted, folder / "cache")
    place.mkdir()
    place.chmod(0o555)
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    command = [*words, sys.executable, "-m", "matchzoo", "run", str(recipe), "--output", str(place / "run"), "--quiet"]
    problems = complaint(
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True), "cannot be written"
    )
    place.chmod(0o755)
    return problems + afterwards(recipe, place / "run", wanted)


def removed(folder: Path) -> list[str]:
    """The folder is deleted under a run."""
    recipe, wanted, run = ring(folder, steps=4000), folder / "wanted", folder / "run"
    started = process(recipe, run)
    for _ in range(600):
        if (run / "checkpoints").is_dir() and any((run / "checkpoints").iterdir()):
            break
        time.sleep(0.1)
    run.rename(folder / "gone")
    problems = complaint(started, "cannot be written")
    short = ring(folder)
    shutil.rmtree(run, ignore_errors=True)
    kills.finish(short, wanted, folder / "cache")
    return problems + afterwards(short, run, wanted)


def clock_set_back(folder: Path) -> list[str]:
    """Time goes backwards between two sessions and within them."""
    recipe, wanted, run = ring(folder), folder / "wanted", folder / "run"
    kills.finish(recipe, wanted, folder / "cache")
    script = folder / "back.py"
    script.write_text(
        "import runpy, sys, time\n"
        "now, monotonic, ticks = time.time, time.monotonic, iter(range(10**9))\n"
        "time.time = lambda: now() - 3600 * next(ticks)\n"
        "sys.argv = ['matchzoo', *sys.argv[1:]]\n"
        "runpy.run_module('matchzoo', run_name='__main__')\n"
    )
    words = [sys.executable, str(script), "run", str(recipe), "--output", str(run), "--quiet"]
    first = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(6)
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=120)
    for path in sorted(run.rglob("*")):
        os.utime(path, (0, 0))
    return afterwards(recipe, run, wanted)


def two_at_once(folder: Path) -> list[str]:
    """A second process on the folder of a run is refused, and the first goes on as if nothing had been."""
    recipe, wanted, run = ring(folder, steps=1500), folder / "wanted", folder / "run"
    kills.finish(recipe, wanted, folder / "cache")
    first = process(recipe, run)
    for _ in range(600):
        if (run / files.LOCK).is_file():
            break
        time.sleep(0.05)
    problems = complaint(process(recipe, run), "is at it; wait until it is done")
    _, err = first.communicate(timeout=300)
    if first.returncode:
        problems.append(f"the first: {err[-500:]}")
    return problems + kills.differences(wanted, run)


def one_of_two_dies(victim: int, folder: Path) -> list[str]:
    """Of two processes one is killed; the other ends by itself within a minute, and three go on from there."""
    table = kills.ring("")
    table["trainer"] |= {"steps": 3000, "batch": 60, "checkpoint_every": 20, "precision": "float64"}
    table["projector"] = "identity"  # one player that descends plainly: what rounding does to it does not grow
    table["players"] = {"generator": table["players"]["generator"] | {"optimizer": {"kind": "sgd", "lr": 1e-2}}}
    del table["trainer"]["schedule"]
    recipe, run = folder / "ring.toml", folder / "run"
    files.write_text(recipe, write_toml(table))
    both = together(recipe, run, 2)
    for _ in range(1200):
        if any((run / "checkpoints").glob("step-*")) or both[0].poll() is not None:
            break
        time.sleep(0.1)
    both[victim].kill()
    began = time.monotonic()
    problems = complaint(both[1 - victim], "another one has ended")
    if time.monotonic() - began > 60:
        problems.append(f"the other took {time.monotonic() - began:.0f} s to end")
    both[victim].communicate()
    last = max((run / "checkpoints").glob("step-*")).name.removeprefix("step-")
    table["trainer"]["steps"] = int(last) + 10
    files.write_text(recipe, write_toml(table))
    (run / "recipe.toml").write_text(
        (run / "recipe.toml").read_text().replace("steps = 3000", f"steps = {int(last) + 10}")
    )
    three = together(recipe, run, 3)
    said = [process.communicate(timeout=300)[1] for process in three]
    problems += [words[-500:] for process, words in zip(three, said, strict=True) if process.returncode]
    kills.finish(recipe, folder / "wanted", folder / "cache")
    one, other = (load_file(place / "parts.safetensors") for place in (folder / "wanted", run))
    if any((one[key] - other[key]).abs().max() > 1e-10 for key in one):
        problems.append("the end is another")
    return problems


def together(recipe: Path, folder: Path, count: int) -> list["subprocess.Popen[str]"]:
    """Processes of one run, started without torchrun, as a scheduler does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {
        "WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "LOCAL_WORLD_SIZE": str(count),
    }
    before = {key: os.environ.get(key) for key in (*place, "RANK", "LOCAL_RANK")}
    try:
        made = []
        for rank in range(count):
            os.environ |= {**place, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            made.append(process(recipe, folder))
        return made
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def killed_pull(folder: Path, times: int = 4) -> list[str]:
    """A pull of 12 MB from a slow server is killed at random moments, and pulled at last."""
    rng, server = random.Random(str(folder.name)), HubServer()
    try:
        images = torch.rand(20, 3, 224, 224, generator=torch.Generator().manual_seed(0))
        made = DistilledDataset(images, torch.arange(20) % 10, tuple("abcdefghij"))
        made.save(folder / "set")
        parts = {p.relative_to(folder / "set").as_posix(): p for p in (folder / "set").rglob("*") if p.is_file()}
        server.add("datasets/owner/set", parts)
        place = {"HF_ENDPOINT": server.url, "HF_HOME": str(folder / "home"), "MATCHZOO_CACHE": str(folder / "cache")}
        command = [sys.executable, "-m", "matchzoo", "pull", "owner/set", "--output", str(folder / "out")]
        environment = {**os.environ, **place, "OMP_NUM_THREADS": "1"}
        environment.pop("HF_HUB_CACHE", None)

        def pull(limit: float) -> subprocess.CompletedProcess[str]:
            return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit, check=False)

        done = 0
        while done < times:
            server.fault = Fault("GET .*/resolve/.*", kind="slow", seconds=0.5, times=20)
            try:
                pull(rng.uniform(2, 8))
                shutil.rmtree(folder / "out")
            except subprocess.TimeoutExpired:  # by which it was killed
                done += 1
            server.fault = None
        last = pull(300)
        if last.returncode:
            return [last.stderr[-500:]]
        found = DistilledDataset.load(folder / "out")
        problems = [] if found.images.equal(images) else ["other images"]
        extra = kills.listing(folder / "out") ^ set(parts)
        problems += [f"stray or missing: {name}" for name in sorted(extra)]
        return problems + [f"stray: {p.name}" for p in folder.iterdir() if p.name.startswith(".")]
    finally:
        server.close()


FAULTS = {
    "a full disk": disk_full,
    "a folder that cannot be written": cannot_be_written,
    "a folder that is removed": removed,
    "a clock that goes back": clock_set_back,
    "two processes on one folder": two_at_once,
    "SIGKILL in a pull": killed_pull,
    "the first of two processes dies": functools.partial(one_of_two_dies, 0),
    "the second of two processes dies": functools.partial(one_of_two_dies, 1),
}
