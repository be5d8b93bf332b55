"""Trackers: where the numbers of a run go besides its folder, if somebody asks for it, by ``accelerate.tracking``.

What a tracker does is outside of the run: it is not part of the recipe, draws none of the run's random numbers, and its
failure is a line on the error stream.
"""

import contextlib
import importlib.util
import json
import os
import re
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.storage import files
from matchzoo.runs.folder.claim import flat
from matchzoo.runs.runnable import Runnable

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

Numbers = Mapping[str, float]
IDENTITIES = "tracker.json"
"""File of a run's folder with its name at each tracker, by which a later session goes on with it."""
PROJECT = "matchzoo"


@attrs.frozen
class Opening:
    """What a tracker is opened with.

    Attributes:
        folder: of the run.
        title: what people call it.
        table: the recipe, which becomes the configuration.
        identity: a name for the run at the tracker.
        known: the name under which it is there already; None in the first session.
        step: the last step of the sessions that it was told of.
    """

    folder: Path
    title: str
    table: dict[str, Any]
    identity: str
    known: str | None
    step: int


Options = tuple[tuple[Any, ...], dict[str, Any]]


def _tensorboard(about: Opening) -> Options:
    # what a killed session wrote after its last checkpoint comes again, and must not stand there twice
    return ("tensorboard", str(about.folder)), {"purge_step": about.step + 1 if about.step else 0}


def _wandb(about: Opening) -> Options:
    place = {"dir": str(about.folder), "id": about.identity, "resume": "allow"}
    return (os.environ.get("WANDB_PROJECT", PROJECT),), {"name": about.title, "config": about.table, **place}


def _trackio(about: Opening) -> Options:
    name = f"{about.title.replace('/', '-')}-{about.identity}"  # it knows a run by its name alone
    return (PROJECT,), {"name": name, "config": about.table, "resume": "allow"}


def _swanlab(about: Opening) -> Options:
    name = {"experiment_name": about.title, "id": about.identity.ljust(21, "0"), "resume": "allow"}
    return (PROJECT,), {"config": about.table, "logdir": str(about.folder / "swanlab"), **name}


def _comet(about: Opening) -> Options:
    return (PROJECT,), {"experiment_key": about.identity.ljust(32, "0"), "mode": "get_or_create"}


def _aim(about: Opening) -> Options:
    return (about.title, str(about.folder)), {"experiment": PROJECT, "run_hash": about.known}


def _mlflow(about: Opening) -> Options:
    return (PROJECT,), {"run_id": about.known, "run_name": about.title}


def _clearml(about: Opening) -> Options:
    again = {"continue_last_task": about.known} if about.known else {"reuse_last_task_id": False}
    return (PROJECT,), {"task_name": about.title, "auto_connect_frameworks": False, **again}


def _dvclive(about: Opening) -> Options:
    kept = {"resume": about.known is not None, "dvcyaml": None, "save_dvc_exp": False}
    return (), {"dir": str(about.folder / "dvclive"), **kept}


TRACKERS: dict[str, Callable[[Opening], Options]] = {
    "tensorboard": _tensorboard,
    "wandb": _wandb,
    "trackio": _trackio,
    "mlflow": _mlflow,
    "comet_ml": _comet,
    "aim": _aim,
    "clearml": _clearml,
    "dvclive": _dvclive,
    "swanlab": _swanlab,
}
"""By name, the arguments of the class of ``accelerate.tracking``."""
CONFIGURED = ("wandb", "trackio", "swanlab")
"""Those that take the recipe when they are opened."""
GIVEN: dict[str, Callable[[Any], str]] = {
    "aim": lambda run: run.hash,
    "mlflow": lambda run: run.info.run_id,
    "clearml": lambda run: run.id,
}
"""Of those that name runs themselves, the name."""
PACKAGES = {"comet_ml": "comet-ml"}
"""Packages on the index whose name is not that of the tracker."""


def check(name: str | None) -> None:
    """Raise, before any work, unless there is a tracker of that name and its library is installed."""
    if name is None:
        return
    if name not in TRACKERS:
        raise MatchZooError(f"unknown tracker '{name}'{did_you_mean(name, TRACKERS)}")
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:  # without origin it is a mere folder, such as wandb leaves behind
        package = PACKAGES.get(name, name)
        raise MatchZooError(f"tracker '{name}': its library is not installed here: pip install {package}")


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
        self.tracker: GeneralTracker | None = None

    def __enter__(self) -> "Tracking":
        if self.name is not None:
            self._guarded(self._start)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self.tracker is not None:
            self._guarded(self.tracker.finish)

    def log(self, record: Mapping[str, Any]) -> None:
        """Take a record of ``metrics.jsonl``."""
        tracker = self.tracker
        if tracker is not None:
            numbers = {key: value for key, value in record.items() if key != "step"}
            self._guarded(lambda: tracker.log(self._named(numbers), step=record["step"]))

    def summarize(self, results: Sequence[Mapping[str, Any]], seconds: Numbers, step: int) -> None:
        """Take the results of the run."""
        tracker = self.tracker
        if tracker is None:
            return
        numbers = self._named(summary(results, seconds))
        if self.name == "wandb":  # the others have no place of their own for them
            self._guarded(lambda: tracker.tracker.summary.update(numbers))
        else:
            self._guarded(lambda: tracker.log(numbers, step=step))

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values under names that the tracker takes."""
        if self.name == "mlflow":
            return {re.sub(r"[^\w./: -]", "_", name): value for name, value in values.items()}
        if self.name == "dvclive":  # a slash is a folder there, and no name may be a file and a folder
            return {name.replace("/", "."): value for name, value in values.items()}
        return dict(values)

    def _start(self) -> None:
        assert self.name is not None
        path = self.folder / IDENTITIES
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        again = known.get(self.name)
        identity = again or uuid.uuid4().hex[:8]  # of the system's randomness, not of Python's
        table, step = self.recipe.table(), self.done if again else 0
        self.tracker = self._opened(Opening(self.folder, self.title, table, identity, again, step))
        if self.name in GIVEN:
            identity = GIVEN[self.name](self.tracker.tracker)
        files.write_json(path, {**known, self.name: identity})
        log = self.folder / "metrics.jsonl"
        for line in [] if again or not log.is_file() else log.read_text(encoding="utf-8").splitlines():
            self.log(json.loads(line))

    def _opened(self, about: Opening) -> "GeneralTracker":
        from accelerate import tracking  # it looks which of nine libraries are installed

        assert self.name is not None
        arguments, options = TRACKERS[self.name](about)
        tracker: GeneralTracker = tracking.LOGGER_TYPE_TO_CLASS[self.name](*arguments, **options)
        tracker.start()
        if about.known is None:
            if self.name == "tensorboard":  # whose hyperparameters would be a run of their own
                tracker.log({"recipe": f"```toml\n{self.recipe.to_toml()}```"}, step=0)
            elif self.name not in CONFIGURED:
                tracker.store_init_configuration(self._named(flat(about.table)))
        return tracker

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                act()
        except Exception as error:
            self.tracker = None
            reason = (str(error).splitlines() or [""])[0] or type(error).__name__
            print(f"note: tracker {self.name} failed and is left alone; the run goes on: {reason}", file=sys.stderr)
