"""Processes of ours, each forked from one that has imported the package: what they do, say and end with is that of a
process that a user starts, in a tenth of the time. `AFRESH` starts commands as a user does, for ``make torture``."""

import multiprocessing
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

AFRESH = False
IMPORTED = ["matchzoo.cli.run", "matchzoo.recipes.recipe", "matplotlib.backends.backend_agg", "sklearn.datasets"]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(IMPORTED)


def stop() -> None:
    """End the process that others are forked from, by which its time counts as that of the tests."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]


class Forked:
    """A process that calls a function, with what tests use of `subprocess.Popen`; what it says goes into files.

    Args:
        function: of a module that can be imported.
        environment: added to that of the tests.
        folder: where the process is; that of the tests if not given.
    """

    def __init__(
        self,
        function: Callable[..., object],
        *arguments: Any,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        said = Path(tempfile.mkdtemp(prefix="said-"))
        self._files = [said / "out", said / "err"]
        place = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
        words = (self._files, place, folder or Path.cwd(), function, arguments)
        self._process = FORKS.Process(target=_child, args=words)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            assert self._process.pid is not None
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait until it has ended; what it said, and what it complained of."""
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout or 0)
        ended = self.said(0), self.said(1)
        shutil.rmtree(self._files[0].parent, ignore_errors=True)
        return ended

    def said(self, stream: int) -> str:
        """What it has said so far."""
        path = self._files[stream]
        return path.read_text(encoding="utf-8") if path.exists() else ""


Process = Forked | subprocess.Popen[str]


def _child(
    files: list[Path], environment: dict[str, str], folder: Path, function: Callable[..., object], arguments: tuple
) -> None:
    for path, stream in zip(files, (sys.stdout, sys.stderr), strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    import torch

    torch.set_num_threads(1)
    function(*arguments)


def _command(words: list[str], before: Callable[[], None] | None) -> None:
    sys.argv = ["matchzoo", *words]
    if before is not None:
        before()
    runpy.run_module("matchzoo", run_name="__main__")


def _program(code: str, words: list[str]) -> None:
    sys.argv = ["-c", *words]
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})


def python(code: str, *words: object) -> Forked:
    """A program as a process."""
    return Forked(_program, code, list(map(str, words)))


def matchzoo(
    *words: object,
    environment: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
    folder: Path | None = None,
) -> "Process":
    """The command ``matchzoo`` as a process.

    Args:
        words: of the command.
        environment: added to that of the tests.
        before: what the process does to itself first, such as to limit its files; a function that can be pickled.
        folder: where it is started.
    """
    said = list(map(str, words))
    if not AFRESH:
        return Forked(_command, said, before, environment=environment, folder=folder)
    place, pipe = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}, subprocess.PIPE
    command = [sys.executable, "-m", "matchzoo", *said]
    return subprocess.Popen(command, env=place, cwd=folder, stdout=pipe, stderr=pipe, text=True, preexec_fn=before)


def places(count: int) -> list[dict[str, str]]:
    """What each of some processes of one run needs in its environment, as a scheduler sets it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [{**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
