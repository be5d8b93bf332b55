"""What a run read from outside of its recipe, in ``inputs.json``: later sessions and evaluations must read the same.

A recipe names data and weights by where they are. What is there may change, and a run that goes on with other images,
or is evaluated on images that it was trained on, gives numbers that mean nothing.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from matchzoo.core.class_names import sort_names
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files
from matchzoo.data import Data
from matchzoo.data.identity import Change, are_splits, change, identity
from matchzoo.training.composition import Composition

NAME = "inputs.json"
ACCEPT = "--data-changed (data_changed=True)"
REMEDY = "restore it, or remove it to go on unchecked"
FIELDS: dict[str, Any] = {"data": dict, "weights": dict}


def describe(parts: Composition) -> dict[str, Any]:
    """What built parts have read: in ``data`` the `identity` of the recipe's data and of others that the generator has
    (``generator.source``), in ``weights`` the hashes of the files that each projector is made of, by its name."""
    data = {"data": identity(parts.data)}
    if parts.generator is not None:
        held: dict[str, Data] = {}
        for name, part in parts.generator.named_modules():  # what data are made of comes after them
            if isinstance(part, Data) and not any(name.startswith(f"{outer}.") for outer in held):
                held[name] = part
        data |= {f"generator.{name}": identity(part) for name, part in held.items()}
    hashes = {name: sorted(_hashes(projector.origin())) for name, projector in parts.projectors.items()}
    return {"data": data, "weights": {name: files for name, files in hashes.items() if files}}


def write(folder: Path, inputs: Mapping[str, Any]) -> None:
    """Store what `describe` gives in the folder of a run."""
    files.write_json(folder / NAME, inputs)


def stored(folder: Path) -> dict[str, Any] | None:
    """What the run of a folder read; None where that is not stored, as by version 0.1."""
    path = folder / NAME
    if not path.is_file():
        return None

    table = files.read_table(path, FIELDS, REMEDY)
    for name, data in {"data": None, **table["data"]}.items():
        names = [data.get("class_names"), data.get("group_names")] if isinstance(data, dict) else [None]
        if not all(isinstance(given, list) for given in names) or not are_splits(data.get("splits")):
            raise MatchZooError(f"{path}: is damaged (data.{name}); {REMEDY}")
    return table


def check(folder: Path, inputs: Mapping[str, Any], accepted: bool = False) -> tuple[str, ...]:
    """Compare what a run that has begun reads now with what it read then.

    Args:
        folder: of the run.
        inputs: `describe` of now.
        accepted: go on although samples have changed, where names and shapes agree.

    Returns:
        What has changed, in phrases; nothing if all is as it was.

    Raises:
        MatchZooError: something has changed, and that is not accepted or cannot be.
    """
    before = stored(folder)
    if before is None:
        return _check_order(folder, inputs["data"]["data"]["class_names"], accepted)

    messages, fits = [], True
    for name, old in before["data"].items():
        changed = change(old, inputs["data"][name])
        messages += [f"{name}: {message}" for message in changed.messages]
        fits &= changed.fits
    messages += [
        f"weights of '{name}': another file than before"
        for name, hashes in before["weights"].items()
        if inputs["weights"].get(name, hashes) != hashes
    ]
    _refuse(folder, Change(tuple(messages), fits), accepted, "put it back, start a new run with --output")
    return tuple(messages)


def check_data(folder: Path, data: Data, *, resized: bool, accepted: bool = False) -> tuple[str, ...]:
    """Compare the data that a run is evaluated on with those that it was trained on; as `check`.

    Args:
        folder: of the run.
        data: built, of the table that the recipe has, but for the size of the images.
        resized: they are of another size.
        accepted: go on although samples have changed.
    """
    before = stored(folder)
    if before is None:
        return ()
    changed = change(before["data"]["data"], identity(data), resized=resized)
    _refuse(folder, changed, accepted, "put them back, say what to evaluate on with --data")
    return changed.messages


def _refuse(folder: Path, changed: Change, accepted: bool, remedy: str) -> None:
    if not changed or (accepted and changed.fits):
        return
    also = f", or go on knowingly with {ACCEPT}" if changed.fits else ""
    remedy = remedy if also else remedy.replace(", ", ", or ", 1)
    raise MatchZooError(
        f"{folder}: what the run reads has changed since it began ({'; '.join(changed.messages)}); {remedy}{also}"
    )


def _check_order(folder: Path, names: list[str], accepted: bool) -> tuple[str, ...]:
    """Version 0.1 sorted classes that are numbers as text, and did not store their order."""
    if accepted or tuple(names) != sort_names(names) or list(names) == sorted(names):
        return ()
    raise MatchZooError(
        f"{folder}: was begun by an earlier version, which may have sorted the classes as text "
        f"('{sorted(names)[0]}', '{sorted(names)[1]}', '{sorted(names)[2]}', …) where they are sorted as numbers now; "
        f"start a new run with --output, or, if the data say their order themselves, go on with {ACCEPT}"
    )


def _hashes(origin: Any) -> Iterator[str]:
    """All hashes of files and models within an origin."""
    if isinstance(origin, Mapping):
        for key, value in origin.items():
            if key == "sha256" and isinstance(value, str):
                yield value
            else:
                yield from _hashes(value)
    elif isinstance(origin, list | tuple):
        for value in origin:
            yield from _hashes(value)
