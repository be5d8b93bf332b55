"""Trackers: where the numbers of a run go besides its folder, if somebody asks for it.

What a tracker does is outside of the run: it is no part of the recipe, draws none of the run's random numbers, and its
failure is a line on the error stream.
"""

import contextlib
import importlib.util
import json
import os
import sys
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.storage import files
from matchzoo.runs.runnable import Runnable

Numbers = Mapping[str, float]
IDENTITIES = "tracker.json"
"""File of a run's folder with its name at each tracker, by which a later session goes on with it."""
PROJECT = "matchzoo"


class Tracker(ABC):
    """One run at a tracker.

    Args:
        folder: of the run.
        identity: its name at the tracker, the same in every session.
        title: what people call it.
        recipe: what is run, which becomes the configuration.
        step: the last step of earlier sessions; 0 in the first.
    """

    @abstractmethod
    def __init__(self, folder: Path, identity: str, title: str, recipe: Runnable, step: int) -> None: ...

    @abstractmethod
    def log(self, numbers: Numbers, step: int) -> None:
        """Take what was measured at a step."""

    @abstractmethod
    def summarize(self, numbers: Numbers, step: int) -> None:
        """Take the final results."""

    @abstractmethod
    def close(self) -> None:
        """End the session."""


class TensorBoard(Tracker):
    """Event files under ``tensorboard/`` of the run's folder: ``tensorboard --logdir runs``."""

    def __init__(self, folder: Path, identity: str, title: str, recipe: Runnable, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # what a killed session wrote after its last checkpoint comes again, and must not stand there twice
        self.writer = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1 if step else 0)
        if not step:
            self.writer.add_text("recipe", f"```toml\n{recipe.to_toml()}```", 0)

    def log(self, numbers: Numbers, step: int) -> None:
        """Take what was measured at a step."""
        for name, number in numbers.items():
            self.writer.add_scalar(name, number, step)
        self.writer.flush()

    def summarize(self, numbers: Numbers, step: int) -> None:
        """Take the final results."""
        self.log(numbers, step)

    def close(self) -> None:
        """End the session."""
        self.writer.close()


class WeightsAndBiases(Tracker):
    """wandb: the project is what ``WANDB_PROJECT`` says, or matchzoo; its files lie under ``wandb/`` of the folder."""

    def __init__(self, folder: Path, identity: str, title: str, recipe: Runnable, step: int) -> None:
        import wandb

        project = os.environ.get("WANDB_PROJECT", PROJECT)
        about = {"config": recipe.table(), "dir": str(folder), "id": identity, "resume": "allow"}
        self.run: Any = wandb.init(project=project, name=title, **about)

    def log(self, numbers: Numbers, step: int) -> None:
        """Take what was measured at a step."""
        self.run.log(dict(numbers), step=step)

    def summarize(self, numbers: Numbers, step: int) -> None:
        """Take the final results."""
        self.run.summary.update(dict(numbers))

    def close(self) -> None:
        """End the session."""
        self.run.finish()


class Trackio(Tracker):
    """trackio, in its own store on this machine or where ``TRACKIO_SPACE_ID`` says: ``trackio show``."""

    def __init__(self, folder: Path, identity: str, title: str, recipe: Runnable, step: int) -> None:
        import trackio

        name = f"{title.replace('/', '-')}-{identity}"  # it knows a run by its name alone
        self.run: Any = trackio.init(project=PROJECT, name=name, config=recipe.table(), resume="allow")

    def log(self, numbers: Numbers, step: int) -> None:
        """Take what was measured at a step."""
        self.run.log(dict(numbers), step=step)

    def summarize(self, numbers: Numbers, step: int) -> None:
        """Take the final results."""
        self.run.log(dict(numbers), step=step)

    def close(self) -> None:
        """End the session."""
        self.run.finish()


TRACKERS: dict[str, type[Tracker]] = {"tensorboard": TensorBoard, "wandb": WeightsAndBiases, "trackio": Trackio}


def check(name: str | None) -> None:
    """Raise, before any work, unless there is a tracker of that name and its library is installed."""
    if name is None:
        return
    if name not in TRACKERS:
        raise MatchZooError(f"unknown tracker '{name}'{did_you_mean(name, TRACKERS)}")
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:  # without origin it is a mere folder, such as wandb leaves behind
        raise MatchZooError(f"tracker '{name}': its library is not installed here: pip install {name}")


def summary(results: Sequence[Mapping[str, Any]], seconds: Numbers) -> dict[str, float]:
    """The numbers of the results of a run, by evaluation, space (where there are several) and method."""
    values: dict[str, float] = {f"seconds/{name}": value for name, value in seconds.items()}
    kinds = {record["number"]: record["evaluation"] for record in results}
    for record in results:
        kind, number = record["evaluation"], record["number"]
        several = list(kinds.values()).count(kind) > 1
        place = [f"{kind} {number}" if several else kind, record.get("space"), record.get("method")]
        path = "/".join(str(part) for part in ["results", *place] if part)
        for key, value in record.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and key != "number":
                values[f"{path}/{key}"] = value
    return values


class Tracking:
    """A run's tracker, or none. It never ends the run: at its first failure it says so and is left alone.

    Within ``with`` it is open. What it prints goes to the error stream.

    Args:
        tracker: its name; None for none.
        folder: of the run; a session that finds its identity there goes on with the same run of the tracker, and
            another one, started in the midst of a run, is told the records of ``metrics.jsonl`` first.
        title: what people call the run.
        recipe: of the run.
        done: the last step of earlier sessions.
    """

    def __init__(self, tracker: str | None, folder: Path, title: str, recipe: Runnable, done: int) -> None:
        self.name, self.folder, self.title, self.recipe, self.done = tracker, folder, title, recipe, done
        self.tracker: Tracker | None = None

    def __enter__(self) -> "Tracking":
        if self.name is not None:
            self._guarded(self._start)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self.tracker is not None:
            self._guarded(self.tracker.close)

    def log(self, record: Mapping[str, Any]) -> None:
        """Take a record of ``metrics.jsonl``."""
        tracker = self.tracker
        if tracker is not None:
            numbers = {key: value for key, value in record.items() if key != "step"}
            self._guarded(lambda: tracker.log(numbers, record["step"]))

    def summarize(self, results: Sequence[Mapping[str, Any]], seconds: Numbers, step: int) -> None:
        """Take the results of the run."""
        tracker = self.tracker
        if tracker is not None:
            self._guarded(lambda: tracker.summarize(summary(results, seconds), step))

    def _start(self) -> None:
        assert self.name is not None
        path = self.folder / IDENTITIES
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        again = self.name in known
        identity = known.get(self.name) or uuid.uuid4().hex[:8]  # of the system's randomness, not of Python's
        self.tracker = TRACKERS[self.name](self.folder, identity, self.title, self.recipe, self.done if again else 0)
        files.write_json(path, {**known, self.name: identity})
        log = self.folder / "metrics.jsonl"
        for line in [] if again or not log.is_file() else log.read_text(encoding="utf-8").splitlines():
            self.log(json.loads(line))

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                act()
        except Exception as error:
            self.tracker = None
            reason = (str(error).splitlines() or [""])[0] or type(error).__name__
            print(f"note: tracker {self.name} failed and is left alone; the run goes on: {reason}", file=sys.stderr)
