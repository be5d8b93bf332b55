"""Long runs, and many in one process: memory, tensors, figures, open files and threads do not grow. Linux only.

One run of thousands of steps writes checkpoints, snapshots, log lines and pages all the time, and is measured at each
checkpoint. Fifty short runs of three kinds, each evaluated, loaded and pulled, are measured after each. What grows by
its nature is in the bounds: drawing a page takes a few kB for each line of the log.

What is resident is read from ``/proc/self/statm`` once garbage is collected. An allocator keeps what it may need
again, so what is compared is the median of the last third with that of the first, after a warm-up in which caches fill.
Numbers of things are exact: the most of the last third is at most the most of the first.
"""

import contextlib
import copy
import gc
import os
import shutil
import statistics
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
import huggingface_hub
import torch
from matplotlib.figure import Figure

from matchzoo import hub, recipes
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.recipes.comparison import evaluate
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.showing import page
from matchzoo.training.checkpoint import Checkpoints

WARM = 0.4
"""The share of the measurements that is passed over."""
MEBIBYTES = 10
"""By which the resident memory may grow: 6 kB a step, less than ten images of 8 px and their gradients."""
STEPS, EVERY, RUNS = 2000, 40, 50


@attrs.frozen
class Held:
    """What this process holds: bytes resident, and numbers of tensors, figures, open files and threads."""

    resident: int
    tensors: int
    figures: int
    files: int
    threads: int

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        kinds = [type(one) for one in gc.get_objects()]
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            pages * os.sysconf("SC_PAGE_SIZE"),
            sum(issubclass(kind, torch.Tensor) for kind in kinds),
            sum(issubclass(kind, Figure) for kind in kinds),
            len(os.listdir("/proc/self/fd")),
            len(os.listdir("/proc/self/task")),
        )


def thirds(measured: list[Held]) -> tuple[list[Held], list[Held]]:
    """The first and the last third of what follows the warm-up."""
    rest = measured[int(WARM * len(measured)) :]
    third = len(rest) // 3
    return rest[:third], rest[-third:]


def resident(measured: list[Held]) -> tuple[float, float]:
    """MiB that the process held, then and at last."""
    first, last = (statistics.median(one.resident for one in some) / 2**20 for some in thirds(measured))
    return first, last


def growth(measured: list[Held]) -> list[str]:
    """What grew, in words."""
    problems = []
    for name in ("tensors", "figures", "files", "threads"):
        before, after = (max(getattr(one, name) for one in some) for some in thirds(measured))
        if after > before:
            problems.append(f"{name}: {before}, then {after}")
    first, last = resident(measured)
    if last - first > MEBIBYTES:
        problems.append(f"resident: {first:.1f} MiB, then {last:.1f} MiB")
    return problems


def tables(card: str) -> dict[str, dict[str, Any]]:
    """Tiny problems by name: distillation, a GRAM-net, condensation."""
    from helpers.tables import LGM, RING

    lgm, ring, dm = copy.deepcopy(LGM), copy.deepcopy(RING), recipes.load("dm/digits").table()
    lgm["projector"]["card"] = card
    dm["data"] = {"kind": "digits", "size": 8}
    dm["projector"]["network"] = {"kind": "convnet", "width": 4}
    dm["trainer"] |= {"steps": 9, "device": "cpu"}
    dm["evaluation"] = lgm["evaluation"]
    return {"lgm": lgm, "ring": ring, "dm": dm}


def long_run(table: dict[str, Any], steps: int, every: int, folder: Path) -> list[Held]:
    """One run, measured every so many steps; it keeps a checkpoint and writes its page as often."""
    table["trainer"] |= {"steps": steps, "log_every": 1, "checkpoint_every": every, "snapshot_every": every}
    measured: list[Held] = []
    save = Checkpoints.save

    def saved(*words: Any) -> None:
        save(*words)
        measured.append(Held.now())

    with (
        mock.patch.object(Checkpoints, "save", saved),
        mock.patch.object(page, "INTERVAL", 0.0),
        mock.patch.object(page, "SHARE", 0),
    ):
        Recipe.of(table).run(folder, quiet=True)
    return measured


@contextlib.contextmanager
def own_hub(folder: Path) -> Iterator[Any]:
    """A Hub on this machine, with the client pointed at it."""
    from helpers.hub_server import HubServer
    from huggingface_hub import constants, utils

    server = HubServer()
    changes = {
        "ENDPOINT": server.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(folder),
    }
    with mock.patch.multiple(constants, **changes), mock.patch.dict(os.environ, {"HF_ENDPOINT": server.url}):
        utils.disable_progress_bars()
        yield server
        utils.enable_progress_bars()
    server.close()


def close_connections() -> None:
    """Close the connections to the Hub that are kept alive, and wait for the server's threads that answered them."""
    huggingface_hub.close_session()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(5)


def many_runs(times: int, folder: Path, card: str) -> list[Held]:
    """Runs of all kinds in turn, their sets evaluated, published, pulled and loaded; measured after each."""
    measured = []
    made = list(tables(card).values())
    with own_hub(folder / "hub") as server:
        for number in range(times):
            own = folder / f"run-{number}"
            run = Recipe.of(made[number % len(made)]).run(own, quiet=True)
            if run.has_distilled:
                evaluate([run], [card], protocols=["ridge"], seeds=1, quiet=True)
                published = [path for path in (own / "distilled").rglob("*") if path.is_file()]
                names = {path.relative_to(own / "distilled").as_posix(): path for path in published}
                server.add(f"datasets/leaks/set-{number}", names)
                pulled = hub.pull(f"leaks/set-{number}")
                assert pulled.images.equal(DistilledDataset.load(own).images)
            else:
                run.generator.sample(100)
            del run
            close_connections()
            measured.append(Held.now())
            shutil.rmtree(own)
    return measured


def campaign(folder: Path, card: str) -> dict[str, list[Held]]:
    """All of it; what was measured, by what was done."""
    found = {}
    for name in ("lgm", "ring"):
        found[f"{STEPS} steps of one run, {name}"] = long_run(tables(card)[name], STEPS, EVERY, folder / name)
    found[f"{RUNS} runs in one process"] = many_runs(RUNS, folder, card)
    return found
