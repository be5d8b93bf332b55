"""More steps for a run that is finished: what it would have been with as many from the start."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.declaration.overrides import in_words
from matchzoo.core.errors import MatchZooError
from matchzoo.core.schedule import Schedule
from matchzoo.core.showing.progress import note
from matchzoo.core.storage import files
from matchzoo.runs.folder.claim import with_steps
from matchzoo.runs.folder.log import RunLog
from matchzoo.runs.runnable import Runnable
from matchzoo.training.checkpoint import Checkpoints

RESULTS = "metrics.json"
"""Makes a run a finished one."""


def extend(recipe: Runnable, folder: Path) -> None:
    """Make a run that is finished one that can go on to the steps of a recipe that is the same but for them.

    A folder without a run, and a run that is not finished or has the steps already, stay as they are. The results of
    the shorter run are removed; training goes on from its last checkpoint.

    Raises:
        MatchZooError: the run has more steps than the recipe, a schedule of it was made for its end, or its last
            checkpoint is not there.
    """
    declared = folder / "recipe.toml"
    if not declared.is_file() or not (folder / RESULTS).is_file():
        return
    before = recipe.read(declared)
    done, wanted = before.trainer.steps, recipe.trainer.steps
    if wanted < done:
        raise MatchZooError(f"{folder}: has {done} steps already; extend it to more (--trainer.steps)")
    if wanted == done or with_steps(recipe, done).table() != with_steps(before, done).table():
        return  # it is finished, or of another recipe, which is told when the folder is claimed
    _check_schedules(before, folder, done)
    kept, _ = Checkpoints(folder / "checkpoints", before.trainer.keep).latest()
    if kept is None or kept.step != done:
        raise MatchZooError(f"{folder}: its last checkpoint is not there, so that it cannot go on; start a new run")

    results = files.read_table(folder / RESULTS, {}, "restore it")
    if results.get("added"):
        note(f"{folder}: evaluations that were added to the shorter run are of other parts, and are removed")
    with files.held(folder), files.filling(folder):
        (folder / RESULTS).unlink()  # first: a folder without them is a run that can go on, of either length
        RunLog(folder).reopen(done, before.trainer.log_every)
        every = before.trainer.snapshot_every
        if every and done % every:
            (folder / "snapshots" / f"step-{done:08d}.safetensors").unlink(missing_ok=True)
        files.write_text(declared, with_steps(before, wanted).to_toml())


def _check_schedules(recipe: Runnable, folder: Path, done: int) -> None:
    """Raise where a schedule ends with the run: what would follow is not what a longer run would have done."""
    for path, schedule in schedules_of(recipe):
        if schedule.ends_at == done:
            raise MatchZooError(
                f"{folder}: {path} ends at step {done}, where the run ended, and would stay at "
                f"{in_words(schedule.at(done + 1))}: a longer run would have another schedule. Start a new run with "
                f"one, from what came of this one (generator.init, or init of a projector, = {str(folder)!r})"
            )


def schedules_of(declared: Any, path: str = "") -> Iterator[tuple[str, Schedule]]:
    """Every schedule of a declared object, with its dotted path."""
    if isinstance(declared, Schedule):
        yield path, declared
        return
    fields: list[tuple[Any, Any]] = []
    if attrs.has(type(declared)):
        fields = [(field.name, getattr(declared, field.name)) for field in attrs.fields(type(declared))]
    elif isinstance(declared, dict):
        fields = list(declared.items())
    elif isinstance(declared, tuple | list):
        fields = list(enumerate(declared))
    for name, value in fields:
        yield from schedules_of(value, f"{path}.{name}" if path else str(name))
