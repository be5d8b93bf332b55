"""What the machine does to a run: full disks, folders that vanish or cannot be written, clocks that go back.

Each function returns what is wrong, an empty list where nothing is. A run is a process of its own, so that what it says
and its exit code are those that a user sees.
"""

import atexit
import functools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from helpers import started
from helpers.hub_server import Fault, HubServer
from safetensors.torch import load_file
from torture import kills

from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.storage import files
from matchzoo.hub.distilled import DistilledDataset


def process(recipe: Path, folder: Path, before: Callable[[], None] | None = None, **place: str) -> started.Process:
    """A run in a process, with what it does to itself first, and what its environment has beside."""
    return started.matchzoo("run", recipe, "--output", folder, "--quiet", before=before, environment=place)


def ring(folder: Path, steps: int = 60) -> Path:
    """A recipe of a short run that keeps checkpoints often."""
    table = kills.ring("")
    table["trainer"] |= {"steps": steps, "checkpoint_every": 5}
    table["evaluation"] = [{"kind": "mode-coverage", "samples": 100}]
    path = folder / "ring.toml"
    files.write_text(path, write_toml(table))
    return path


@functools.cache
def undisturbed(steps: int = 60) -> Path:
    """The folder of such a run that nothing happened to."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kills.finish(ring(folder, steps), folder / "wanted", folder / "cache")
    return folder / "wanted"


def complaint(done: started.Process, words: str) -> list[str]:
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


def afterwards(recipe: Path, folder: Path) -> list[str]:
    """What is wrong with a run of 60 steps that is started again once the fault is mended."""
    kills.finish(recipe, folder, recipe.parent / "cache")
    return kills.differences(undisturbed(), folder)


def wait_until(holds: Callable[[], bool]) -> None:
    """At most a minute."""
    until = time.monotonic() + 60
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)


def has_checkpoint(run: Path) -> bool:
    return any((run / "checkpoints").glob("step-*"))


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def disk_full(folder: Path) -> list[str]:
    """No file may grow beyond some kilobytes, as on a full disk; then there is room again."""
    recipe, run = ring(folder), folder / "run"
    problems = []
    for kilobytes in (2, 8):
        full = process(recipe, run, functools.partial(limit_files, kilobytes * 1024))
        problems += complaint(full, "cannot be written")
    return problems + afterwards(recipe, run)


def cannot_be_written(folder: Path) -> list[str]:
    """The folder above may not be written; where this is root, without root's right to do so anyway."""
    recipe, place = ring(folder), folder / "theirs"
    place.mkdir()
    place.chmod(0o555)
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    command = [*words, sys.executable, "-m", "matchzoo", "run", str(recipe), "--output", str(place / "run"), "--quiet"]
    problems = complaint(
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True), "cannot be written"
    )
    place.chmod(0o755)
    return problems + afterwards(recipe, place / "run")


def removed(folder: Path) -> list[str]:
    """The folder is deleted under a run."""
    run = folder / "run"
    begun = process(ring(folder, steps=4000), run)
    wait_until(lambda: has_checkpoint(run))
    run.rename(folder / "gone")
    problems = complaint(begun, "cannot be written")
    shutil.rmtree(run, ignore_errors=True)
    return problems + afterwards(ring(folder), run)


BACK = """
import runpy, sys, time
now, ticks = time.time, iter(range(10**9))
time.time = lambda: now() - 3600 * next(ticks)
sys.argv = ["matchzoo", *sys.argv[1:]]
runpy.run_module("matchzoo", run_name="__main__")
"""


def clock_set_back(folder: Path) -> list[str]:
    """Time goes backwards between two sessions and within them."""
    recipe, run = ring(folder), folder / "run"
    first = started.python(BACK, "run", recipe, "--output", run, "--quiet")
    wait_until(lambda: has_checkpoint(run))
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=120)
    for path in sorted(run.rglob("*")):
        os.utime(path, (0, 0))
    return afterwards(recipe, run)


def two_at_once(folder: Path) -> list[str]:
    """A second process on the folder of a run is refused, and the first goes on as if nothing had been."""
    steps = 1500 if started.AFRESH else 300
    recipe, run = ring(folder, steps), folder / "run"
    first = process(recipe, run)
    wait_until((run / files.LOCK).is_file)
    problems = complaint(process(recipe, run), "is using it; wait until it has finished")
    _, err = first.communicate(timeout=300)
    if first.returncode:
        problems.append(f"the first: {err[-500:]}")
    return problems + kills.differences(undisturbed(steps), run)


def one_of_two_dies(victim: int, folder: Path) -> list[str]:
    """Of two processes one is killed; the other ends by itself within a minute, and three go on from there."""
    table = kills.ring("")
    table["evaluation"] = [{"kind": "mode-coverage", "samples": 100}]
    table["trainer"] |= {"steps": 3000, "batch": 60, "checkpoint_every": 20, "precision": "float64"}
    table["projector"] = "identity"  # one player that descends plainly: what rounding does to it does not grow
    table["players"] = {"generator": table["players"]["generator"] | {"optimizer": {"kind": "sgd", "lr": 1e-2}}}
    del table["trainer"]["schedule"]
    recipe, run = folder / "ring.toml", folder / "run"
    files.write_text(recipe, write_toml(table))
    both = together(recipe, run, 2)
    wait_until(lambda: has_checkpoint(run) or both[0].poll() is not None)
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


def together(recipe: Path, folder: Path, count: int) -> list[started.Process]:
    """Processes of one run, started without torchrun, as a scheduler does."""
    return [process(recipe, folder, **place) for place in started.places(count)]


def at_hub(url: str, home: str) -> None:
    """Point the client of a process that has imported it at a Hub."""
    from huggingface_hub import constants

    constants.ENDPOINT = url
    constants.HUGGINGFACE_CO_URL_TEMPLATE = url + "/{repo_id}/resolve/{revision}/{filename}"
    constants.HF_HOME, constants.HF_HUB_CACHE = home, f"{home}/hub"


def killed_pull(folder: Path) -> list[str]:
    """A pull of 12 MB from a slow server is killed at random moments, and pulled at last."""
    rng, server = random.Random(str(folder.name)), HubServer()
    try:
        images = torch.rand(20, 3, 224, 224, generator=torch.Generator().manual_seed(0))
        made = DistilledDataset(images, torch.arange(20) % 10, tuple("abcdefghij"))
        made.save(folder / "set")
        parts = {p.relative_to(folder / "set").as_posix(): p for p in (folder / "set").rglob("*") if p.is_file()}
        server.add("datasets/owner/set", parts)
        place = {"HF_ENDPOINT": server.url, "HF_HOME": str(folder / "home"), "MATCHZOO_CACHE": str(folder / "cache")}
        pointed = None if started.AFRESH else functools.partial(at_hub, server.url, place["HF_HOME"])

        def pull() -> started.Process:
            words = ("pull", "owner/set", "--output", folder / "out")
            return started.matchzoo(*words, environment=place, before=pointed)

        done = 0
        while done < (4 if started.AFRESH else 2):
            server.fault = Fault("GET .*/resolve/.*", kind="slow", seconds=0.5, times=20)
            one = pull()
            try:
                one.communicate(rng.uniform(2, 8) if started.AFRESH else rng.uniform(0.2, 4))
                shutil.rmtree(folder / "out")
            except subprocess.TimeoutExpired:
                one.kill()
                one.communicate()
                done += 1
            server.fault = None
        last = pull()
        _, err = last.communicate(300)
        if last.returncode:
            return [err[-500:]]
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
