"""Which images a folder holds, in an order that is the same everywhere."""

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import attrs

from matchzoo import zoo
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.showing.progress import Progress
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.encoded import Encoded
from matchzoo.data.reading.store import Stored, by_row, key_of

DELAY = 2.0
"""Seconds after which listing shows how far it is."""
HELD_OUT = ("test", "val", "validation", "valid", "dev")
"""What a part beside train may be called that is for testing."""
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})


class File(NamedTuple):
    """An image file: its path from the folder, its size in bytes, when it was changed (ns), and what it is on disk
    (device and inode in one number; 0 where a system has no such thing)."""

    path: str
    size: int
    changed: int
    identity: int


@attrs.frozen
class Listing(Encoded):
    """Image files of a folder, with a label each and, where there are groups, a group each."""

    folder: Path
    files: list[File]
    labels: list[int]
    groups: list[int] | None = None

    def digest(self) -> str:
        """A hash of every file's path, size and time of change."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(os.fsencode(f"{file.path}\0{file.size}\0{file.changed}\0"))
        return digest.hexdigest()

    def stored(self, decoding: Decoding) -> Stored:
        """The array of all decoded images, in order."""
        folder = self.folder.resolve()
        return Stored(
            key=key_of(os.fspath(folder), attrs.astuple(decoding), self.digest()),
            count=len(self.files),
            shape=decoding.shape,
            make=by_row(lambda row: decoding.decode(self.folder / self.files[row].path)),
            title=f"decoding {folder.name}",
        )


def folder_of(path: str, field: str = "data.path") -> Path:
    """The folder of a path; ``~`` is the home folder. A `MatchZooError` has the nearest name and the remedy."""
    root = Path(path).expanduser()
    if root.is_dir():
        return root
    if root.exists():
        raise MatchZooError(f"{field}: expected a folder, but {root} is a file")
    hint = ""
    if root.parent.is_dir():
        hint = did_you_mean(root.name, [p.name for p in root.parent.iterdir() if p.is_dir()])
    raise MatchZooError(f"{field}: there is no folder {root}{hint}{zoo.remedy(path)}")


def held_out(parts: Collection[str], where: Path) -> str | None:
    """Which of the parts of some data is for testing: test, else the only one of such a name; None if there is none.

    Raises:
        MatchZooError: there are several, and none is called test.
    """
    held_out = [name for name in HELD_OUT if name in parts]
    if len(held_out) > 1 and held_out[0] != "test":
        raise MatchZooError(f"{where}: which is for testing, {' or '.join(held_out)}? call that one test")
    return held_out[0] if held_out else None


def class_folders(folder: Path) -> tuple[str, ...]:
    """Sorted names of the folders of a folder, hidden ones left out; a `MatchZooError` if there are less than two."""
    names = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
    if len(names) < 2:
        raise MatchZooError(f"{folder}: expected a folder for each of at least 2 classes, found {len(names)}")
    for name in names:
        if any("\ud800" <= letter <= "\udfff" for letter in name):  # bytes that are no UTF-8
            raise MatchZooError(f"{folder}: {name!a} is no readable name for a class; rename the folder")
    return names


def list_classes(folder: Path, names: Iterable[str]) -> Listing:
    """All images of ``folder/<name>/``, labeled in the order of the names; hidden files and folders are left out.

    Raises:
        MatchZooError: a folder has no images, or a file or folder cannot be looked at.
    """
    listing = Listing(folder, [], [])
    here = _identity(folder.stat())
    with Progress(None, f"listing {folder.name}", "files", delay=DELAY) as progress:
        for label, name in enumerate(names):
            files = sorted(_walk(folder, name, {here}, progress), key=lambda file: file.path.split("/"))
            if not files:
                raise MatchZooError(f"{folder / name}: no images (of {', '.join(sorted(SUFFIXES))})")
            listing.files.extend(files)
            listing.labels.extend([label] * len(files))
    return listing


def list_files(folder: Path, paths: Sequence[str], labels: list[int], groups: list[int] | None = None) -> Listing:
    """The files of some paths from a folder, in their order; a `MatchZooError` if one cannot be looked at."""
    files = []
    with Progress(len(paths), f"listing {folder.name}", "files", delay=DELAY) as progress:
        for path in paths:
            try:
                files.append(_file(path, (folder / path).stat()))
            except OSError as error:
                raise _unseen(folder / path, error) from None
            progress.update()
    return Listing(folder, files, labels, groups)


def refuse_repeats(listing: Listing) -> None:
    """Raise if a file is listed twice, by whatever names or links: a split by share could train and test on it."""
    known: dict[int, File] = {}
    for file in listing.files:
        other = known.setdefault(file.identity, file)
        if other is not file and file.identity:
            raise MatchZooError(
                f"{listing.folder / file.path}: the same file as {listing.folder / other.path}; keep one of the two"
            )


def refuse_overlap(train: Listing, test: Listing) -> None:
    """Raise if a test image is a training image: the same file, by whatever name or link."""
    known = {file.identity: file for file in train.files if file.identity}
    for file in test.files:
        other = known.get(file.identity)
        if other is not None:
            raise MatchZooError(
                f"{test.folder / file.path}: a test image that is also the training image {train.folder / other.path}; "
                "keep it in one of the two"
            )


def _unseen(path: Path | str, error: OSError) -> MatchZooError:
    return MatchZooError(f"{path}: cannot be looked at ({error.strerror}); fix or remove it")


def _file(path: str, about: os.stat_result) -> File:
    return File(path, about.st_size, about.st_mtime_ns, _identity(about))


def _identity(about: os.stat_result) -> int:
    return about.st_dev << 64 | about.st_ino if about.st_ino else 0


def _walk(folder: Path, inner: str, above: set[int], progress: Progress) -> list[File]:
    """Images under a folder, sub-folders too; a link back to a folder that we came through is left out."""
    files: list[File] = []
    try:
        here = _identity((folder / inner).stat())
        if here in above:
            return []
        with os.scandir(folder / inner) as entries:
            for entry in entries:
                path = f"{inner}/{entry.name}"
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    files += _walk(folder, path, above | {here}, progress)
                elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                    about = entry.stat()
                    if stat.S_ISREG(about.st_mode):
                        files.append(_file(path, about))
                        progress.update()
    except OSError as error:
        raise _unseen(error.filename or folder / inner, error) from None
    return files
