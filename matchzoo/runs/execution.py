"""A recipe run in a folder, from whatever is there to the end; under ``torchrun`` every process does."""

import contextlib
import os
from pathlib import Path

from matchzoo.core.showing.progress import quietly, waiting
from matchzoo.core.storage import files
from matchzoo.runs.extension import extend
from matchzoo.runs.folder.claim import claim, with_stored_chunk
from matchzoo.runs.interrupts import Interrupts
from matchzoo.runs.run import Run
from matchzoo.runs.runnable import Runnable
from matchzoo.runs.session import Session
from matchzoo.runs.showing import trackers
from matchzoo.runs.showing.trackers import Tracking


def execute(
    recipe: Runnable,
    folder: Path,
    *,
    quiet: bool = False,
    name: str = "",
    declared: str = "",
    tracker: str | None = None,
    data_changed: bool = False,
    extended: bool = False,
) -> Run:
    """Run a recipe in a folder, as `Recipe.run` says; under ``torchrun`` every process does."""
    trackers.check(tracker)
    alone = not int(os.environ.get("WORLD_SIZE", 1)) > 1
    if alone and extended:
        extend(recipe, folder)
    if alone and claim(recipe, folder):
        return Run.read(folder, recipe.read)
    engine = recipe.engine()
    if extended and not alone:
        if engine.is_main_process:
            extend(recipe, folder)
        engine.barrier()
    if engine.all_reduce_max(engine.is_main_process and claim(recipe, folder)):
        return Run.read(folder, recipe.read)
    hold = files.held(folder) if engine.is_main_process else contextlib.nullcontext()
    with (
        engine.together(),
        hold,
        files.filling(folder),
        Interrupts() as interrupts,
        quietly(quiet or not engine.is_main_process),
    ):
        recipe = with_stored_chunk(recipe, folder, engine)
        session = Session(recipe, folder, engine, interrupts, quiet, name or folder.name, declared, data_changed)
        title = declared or folder.absolute().name
        with Tracking(
            tracker if engine.is_main_process else None, folder, title, recipe, session.done
        ) as session.tracking:
            session.train()
            if engine.is_main_process:
                with waiting("evaluation, pictures and page"):
                    session.finish()
        engine.barrier()
    return Run.read(folder, recipe.read)
