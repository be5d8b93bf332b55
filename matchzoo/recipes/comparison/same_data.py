"""On what sets are evaluated, and whether that is what they were made of: data may have changed since."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matchzoo import zoo
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import MatchZooError
from matchzoo.data import Data
from matchzoo.data.identity import are_splits, change, identity
from matchzoo.data.sources import resized
from matchzoo.recipes.comparison.evaluated_set import Opened
from matchzoo.runs.folder import inputs
from matchzoo.runs.runnable import Runnable

RESAMPLING = ("size", "sampling")
"""Keys of data that change neither the classes nor the split."""


def content(table: Any, ignored: Sequence[str] = RESAMPLING) -> dict[str, Any]:
    """A data table, and those of what the data are made of, without some keys."""

    def of_part(key: str, value: Any) -> Any:
        if key == "source":
            return content(value, ignored)
        if key in ("environments", "others") and isinstance(value, dict):
            return {
                name: content(part, ignored) if isinstance(part, str | dict) else part for name, part in value.items()
            }
        return value

    whole = {"kind": table} if isinstance(table, str) else table
    return {key: of_part(key, value) for key, value in whole.items() if key not in ignored}


def data_table(
    data: Data | str | None, recipes: Sequence[Runnable], size: int | None
) -> tuple[dict[str, Any], list[str]]:
    """The table of the data, and what is to be said of it."""
    notes: list[str] = []
    if isinstance(data, str):
        table: Any = dict(zoo.load(data, zoo.DataCard).data)
    elif data is not None:
        table = to_table(data)
    elif recipes:
        tables = [recipe.table()["data"] for recipe in recipes]
        table = tables[0]
        if any(content(other) != content(table) for other in tables):
            raise MatchZooError(
                "evaluate: the runs are of different data; say which to test on with data (--data CARD)"
            )
    else:
        raise MatchZooError("evaluate: no run says what to test on; give data (--data CARD)")
    if size is not None:
        table = to_table(resized(structure(table, Data), size))  # type: ignore[type-abstract]
    return {"kind": table} if isinstance(table, str) else dict(table), notes


def check_same_data(sources: Sequence[Opened], data: Data, table: Mapping[str, Any], accepted: bool) -> list[str]:
    """Compare data with what the runs and sets that were made of them say that they were.

    Sets that were made of other data, or do not say of which, are left alone.

    Args:
        sources: runs and sets.
        data: that they are evaluated on, built.
        table: of the data.
        accepted: go on although samples have changed, where names and shapes agree.

    Returns:
        Notes: what has changed and was accepted; and of sets that are no runs, what differs, since another version of
        a decoder is enough for that.

    Raises:
        MatchZooError: the samples of a run have changed: some test images may be among those that it was trained on.
    """
    notes = []
    for source in sources:
        theirs = None if source.recipe is None else source.recipe.table()["data"]
        if theirs is None or content(theirs) != content(table):
            continue

        is_resized = content(theirs, ["sampling"]) != content(table, ["sampling"])
        folder = _run_folder(source)
        if folder is not None:
            changed = inputs.check_data(folder, data, resized=is_resized, accepted=accepted)
        else:
            about = (source.distilled.source if source.distilled is not None else None) or {}
            now = identity(data)
            splits = about.get("splits")
            before = {**now, "splits": splits if are_splits(splits) else now["splits"]}
            changed = change(before, now, resized=is_resized).messages
        if changed:
            notes.append(f"{source.name}: made of data that were not the same ({'; '.join(changed)})")
    return notes


def _run_folder(source: Opened) -> Path | None:
    """The folder of the run that a source is, or is in."""
    path = Path(source.path).expanduser()
    return next((folder for folder in (path, path.parent) if source.path and (folder / inputs.NAME).is_file()), None)
