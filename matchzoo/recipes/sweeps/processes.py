"""Jobs side by side in processes of their own, which share the threads and the GPUs of a machine."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from matchzoo.recipes.sweeps.worker import Job

COMMAND = [sys.executable, "-m", "matchzoo.recipes.sweeps.worker"]
"""Starts a process that does jobs."""
PATIENCE = 120.0
"""Seconds that a process has to finish its step and save when the sweep is stopped."""


def threads_of(count: int) -> int:
    """Threads of each of some processes: of those that this one may have (``OMP_NUM_THREADS``, else its CPUs), its
    share, at least one."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, (int(said) if said.isdecimal() and int(said) else cpus) // count)


def environment_of(number: int, count: int, gpus: Sequence[str] = ()) -> dict[str, str]:
    """What a process needs in its environment.

    Args:
        number: of the process, from 0.
        count: of all processes.
        gpus: names of the GPUs, of which the process gets one, in turn.
    """
    threads = str(threads_of(count))
    place = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    return {**place, "CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if len(gpus) > 1 else place


def visible_gpus() -> list[str]:
    """Names of the GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` has them."""
    import torch

    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    return said.split(",") if said else [str(number) for number in range(torch.cuda.device_count())]


class Process:
    """A process that does one job after the other.

    Args:
        environment: of the process.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.process: subprocess.Popen[str] | None = None
        self.stopped = False
        self.starting = threading.Lock()

    def do(self, job: Job) -> str:
        """What is to be fixed where the job cannot be done; nothing where it is done."""
        with self.starting:
            if self.stopped:
                return "was not begun"
            if self.process is None or self.process.poll() is not None:
                pipe = subprocess.PIPE
                self.process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, text=True, env=self.environment)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if line:
            return str(json.loads(line)["error"])
        code = self.process.wait()
        self._end()
        return f"its process ended with code {code}; start the sweep again to go on"

    def stop(self) -> None:
        """Let it finish its step and save, and end it; it does no other job."""
        with self.starting:
            self.stopped = True
        self._end()

    def _end(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self.process.wait()


def do_all(jobs: Sequence[Job], count: int, done: Callable[[int, str], None]) -> None:
    """Do jobs, so many at once.

    Args:
        jobs: in the order in which they are begun.
        count: of processes.
        done: is told the number of every job that has ended, and what is to be fixed (nothing where it is done).

    Whatever ends this, such as a signal, stops the processes: their runs save and can be resumed.
    """
    count = max(1, min(count, len(jobs)))
    gpus = visible_gpus()
    waiting: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
    for numbered in enumerate(jobs):
        waiting.put(numbered)
    processes = [Process(environment_of(number, count, gpus)) for number in range(count)]
    stopped = threading.Event()

    def work(process: Process) -> None:
        while not stopped.is_set():
            try:
                number, job = waiting.get_nowait()
            except queue.Empty:
                return
            ended.put((number, process.do(job)))

    threads = [threading.Thread(target=work, args=(process,), daemon=True) for process in processes]
    try:
        for thread in threads:
            thread.start()
        for _ in jobs:
            done(*ended.get())
    finally:
        stopped.set()
        for process in processes:
            process.stop()
        for thread in threads:
            thread.join()
