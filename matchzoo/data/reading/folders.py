"""Which folders of a folder of images are its classes, and which its parts for training and testing."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import attrs

from matchzoo.core.class_names import sort_names
from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import note
from matchzoo.data.reading.splits import assign, split_of, split_of_word

JUNK = frozenset({"__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN", "System Volume Information"})
"""Folders that systems leave behind."""
FEWEST = 2
"""Classes."""


@attrs.frozen
class Parts:
    """The folders that hold the folders of classes.

    Attributes:
        train: of the training images.
        test: of the test images; None where there are none.
    """

    train: Path
    test: Path | None = None


@checked
def parts_of(root: Path, wanted: Literal["all", "train"] = "all") -> Parts:
    """The parts of a folder: ``train`` and ``test`` by any of their names (`split_of`), or the folder itself.

    A folder is a part if its name says so and it holds folders. What looks like a part and is not taken is told.

    Args:
        root: the folder.
        wanted: whether the part for testing is wanted as well.

    Raises:
        MatchZooError: the parts hold no folders of classes, none is for training, or it is not clear which is.
    """
    names = sub_folders(root)
    named = {name: _descended(root / name) for name in names if split_of(name) is not None}
    parts = {name: folder for name, folder in named.items() if sub_folders(folder)}
    others = [name for name in names if name not in named]
    if not any(split_of(name) == "train" for name in parts):
        _refuse_untrained(root, named, parts, others)
        for name in named:
            note(f"{root}: '{name}' is read as a class, not as a part of the data")
        return Parts(root)

    classes = {inner for name, part in parts.items() if split_of(name) == "train" for inner in sub_folders(part)}
    assigned = assign(named, root, lambda name: _is_labeled(parts.get(name), classes))
    assert assigned.train is not None
    is_clear = assigned.test is not None or split_of_word(assigned.train) is not None
    if others and not is_clear:
        raise MatchZooError(
            f"{root}: is '{assigned.train}' its part for training, or a class beside {_shown(others)}? call it train, "
            "or rename the class"
        )
    if assigned.train not in parts:
        raise MatchZooError(f"{named[assigned.train]}: expected a folder for each class, found none")
    unread = [name for name in names if wanted == "train" and name != assigned.train] or others
    for line in assigned.notes() if wanted == "all" else ():
        note(f"{root}: {line}")
    if unread:
        note(f"{root}: {_shown(unread)} beside '{assigned.train}' {'is' if len(unread) == 1 else 'are'} not read")
    test = parts[assigned.test] if assigned.test and wanted == "all" else None
    return Parts(parts[assigned.train], test)


def class_folders(folder: Path) -> tuple[str, ...]:
    """Names of the folders of a folder, hidden ones left out, in the order of `sort_names`; a `MatchZooError` if there
    are less than two."""
    names = sub_folders(folder)
    if len(names) < FEWEST:
        inner = sub_folders(folder / names[0]) if names else ()
        hint = f"; '{names[0]}' holds folders: give {folder / names[0]}" if len(names) == 1 and inner else ""
        raise MatchZooError(f"{folder}: expected a folder for each of at least 2 classes, found {len(names)}{hint}")
    for name in names:
        if any("\ud800" <= letter <= "\udfff" for letter in name):  # bytes that are no UTF-8
            raise MatchZooError(f"{folder}: {name!a} is not a readable name for a class; rename the folder")
    return names


def sub_folders(folder: Path) -> tuple[str, ...]:
    """Names of the folders of a folder, hidden ones left out, in the order of `sort_names`."""
    try:
        names = [path.name for path in folder.iterdir() if path.is_dir()]
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be looked at ({error.strerror}); fix or remove it") from None
    return sort_names(name for name in names if not name.startswith(".") and name not in JUNK)


def _descended(part: Path) -> Path:
    """The part, or the only folder in it that is called like it, as in ``seg_train/seg_train``."""
    names = sub_folders(part)
    while len(names) == 1 and split_of(names[0]) == split_of(part.name):
        part = part / names[0]
        names = sub_folders(part)
    return part


def _is_labeled(part: Path | None, classes: set[str]) -> bool:
    """Whether a part holds folders of classes; a single other folder, such as ``test/images``, is none."""
    names = sub_folders(part) if part is not None else ()
    return len(names) > 1 or bool(classes.intersection(names))


def _refuse_untrained(root: Path, named: dict[str, Path], parts: dict[str, Path], others: list[str]) -> None:
    """Raise where folders that are called like parts, none of them for training, would be read as classes wrongly."""
    inner = {name for part in parts.values() for name in sub_folders(part)}
    if parts and inner.intersection(others):
        raise MatchZooError(
            f"{root}: '{next(iter(parts))}' holds folders of the classes beside it; move those into {root / 'train'}"
        )
    if parts and any(split_of_word(name) == "train" for name in named):
        name = next(name for name in named if split_of_word(name) == "train")
        raise MatchZooError(f"{root / name}: expected a folder for each class, found none")
    if named and not others:
        what = "no part of these is for training" if parts else "these parts hold no folder for each class"
        raise MatchZooError(
            f"{root}: {_shown(named)}: {what}; expected train/<class>/<image>, or list the files in a table (data.kind "
            "= table)"
        )


def _shown(names: Iterable[str]) -> str:
    listed = [f"'{name}'" for name in names]
    return ", ".join(listed[:4]) + (", …" if len(listed) > 4 else "")
