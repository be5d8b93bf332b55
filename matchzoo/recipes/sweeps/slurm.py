"""The runs of a sweep as the jobs of an array of SLURM, by submitit."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.sweeps.running import Launch
from matchzoo.recipes.sweeps.worker import Job, attempt

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

LOGS = "slurm"
"""Folder of a sweep where submitit keeps its jobs and what they say."""


class Task:
    """A run as a job that goes back into the queue when its time is over, and then goes on from its checkpoint."""

    def __call__(self, job: Job) -> str:
        """Run it; what is to be fixed, nothing where it is finished."""
        return attempt(job)

    def checkpoint(self, job: Job) -> "DelayedSubmission":
        """What submitit puts back into the queue when the job is preempted or out of time."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, job)


def in_slurm(folder: Path, options: Mapping[str, Any]) -> Launch:
    """What does the jobs of a sweep in SLURM: `run_points` takes it as ``launch``.

    Args:
        folder: of the sweep, on a file system that all nodes see.
        options: as `submitit.AutoExecutor.update_parameters` has them: ``timeout_min``, ``cpus_per_task``,
            ``gpus_per_node``, ``mem_gb``, ``slurm_partition``, …; and ``cluster``: ``slurm`` if not given, ``local``
            for processes of this machine, ``debug`` for this process.

    Raises:
        MatchZooError: submitit is not installed, or there is no such option, or no SLURM.
    """
    try:
        import submitit
    except ImportError:
        raise MatchZooError("launcher: needs submitit; pip install 'matchzoo-torch[slurm]'") from None
    options = dict(options)
    cluster = options.pop("cluster", "slurm")
    try:
        executor = submitit.AutoExecutor(folder=folder / LOGS, cluster=cluster)
        executor.update_parameters(name="matchzoo", **options)
    except (NameError, TypeError, ValueError, RuntimeError) as error:
        raise MatchZooError(f"launcher: {error}; see submitit's AutoExecutor.update_parameters") from None

    def launch(jobs: Sequence[Job], count: int, done: Callable[[int, str], None]) -> None:
        if cluster == "slurm":
            executor.update_parameters(slurm_array_parallelism=count)
        with executor.batch():
            submitted = [executor.submit(Task(), job) for job in jobs]
        numbers = {id(job): number for number, job in enumerate(submitted)}
        for job in submitit.helpers.as_completed(submitted, poll_frequency=1 if cluster != "slurm" else 10):
            try:
                error = str(job.result())
            except Exception as failure:  # of whatever kind: that of a job is told with the others
                error = f"its job {job.job_id} failed: {_reason(str(failure))}"
            done(numbers[id(job)], error)

    return launch


def _reason(text: str) -> str:
    """The line of a traceback that says what was raised; the first line of another text."""
    lines = text.strip().splitlines() or ["nothing is known of it"]
    return next((line for line in reversed(lines) if re.match(r"[\w.]+(Error|Exception)\b", line)), lines[0])
