"""Which images a folder holds, in an order that is the same everywhere."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import attrs

from matchzoo import zoo
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.showing.progress import Progress, note
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.encoded import Encoded, Opener
from matchzoo.data.reading.file_kinds import is_image, kind_of, shown_kinds
from matchzoo.data.reading.numbering import UNLABELED
from matchzoo.data.reading.store import Stored, by_row, key_of

DELAY = 2.0
"""Seconds after which listing shows how far it is."""


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
        folder, opener = self.folder.resolve(), self.opener()
        return Stored(
            key=key_of(os.fspath(folder), attrs.astuple(decoding), self.digest()),
            count=len(self.files),
            shape=decoding.shape,
            make=by_row(lambda row: decoding.decode(*opener(row))),
            title=f"decoding {folder.name}",
        )

    def opener(self) -> Opener:
        """Paths of the files."""
        return lambda row: (self.folder / self.files[row].path, "")

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)


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


def list_classes(folder: Path, names: Iterable[str], *, may_lack: bool = False) -> Listing:
    """All images of ``folder/<name>/`` (`is_image`), labeled in the order of the names; hidden files and folders are
    left out. Other files are skipped, which is told with their number and kinds.

    Args:
        folder: of the folders of the classes.
        names: of the classes, in label order.
        may_lack: whether some of the classes may have no folder or no images, as in a part for testing.

    Raises:
        MatchZooError: a folder has no images, or a file or folder cannot be looked at.
    """
    listing = Listing(folder, [], [])
    here = _identity(folder.stat())
    skipped: Counter[str] = Counter()
    with Progress(None, f"listing {folder.name}", "files", delay=DELAY) as progress:
        for label, name in enumerate(names):
            others: Counter[str] = Counter()
            if may_lack and not (folder / name).exists():
                continue
            files = sorted(_walk(folder, name, {here}, progress, others), key=lambda file: file.path.split("/"))
            if not files and not may_lack:
                held = f"only {shown_kinds(others)}" if others else "it is empty"
                raise MatchZooError(f"{folder / name}: no images that can be read ({held})")
            listing.files.extend(files)
            listing.labels.extend([label] * len(files))
            skipped += others
    if not listing.files:
        raise MatchZooError(f"{folder}: no images of any class")
    if skipped:
        note(f"{folder}: skipped {skipped.total()} files that cannot be read as images: {shown_kinds(skipped)}")
    return listing


def list_images(folder: Path) -> Listing:
    """All images of a folder and its sub-folders, without labels (`UNLABELED`); raises where there are none."""
    folder = folder.resolve()
    listing = list_classes(folder.parent, (folder.name,))
    return Listing(folder.parent, listing.files, [UNLABELED] * len(listing.files))


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


def _walk(folder: Path, inner: str, above: set[int], progress: Progress, others: Counter[str]) -> list[File]:
    """Images under a folder, sub-folders too; a link back to a folder that we came through is left out. Files that are
    no images are counted by their kind."""
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
                    files += _walk(folder, path, above | {here}, progress, others)
                    continue
                about = entry.stat()
                if stat.S_ISREG(about.st_mode) and is_image(folder / path):
                    files.append(_file(path, about))
                    progress.update()
                else:
                    others[kind_of(entry.name)] += 1
    except OSError as error:
        raise _unseen(error.filename or folder / inner, error) from None
    return files
