"""Unpacking what others packed: ordinary files only, and none outside of the folder."""

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import Progress

Member = tuple[str, Callable[[], IO[bytes] | None] | None]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a ``.zip``, or a ``.tar`` whether compressed or not, into a folder.

    Raises:
        MatchZooError: it is no such archive or is damaged, or a member is a link, a device, or outside of the folder.
    """
    remedy = "unpack it yourself and give the folder"
    try:
        with Progress(None, f"unpacking {archive.name}", "files") as progress:
            for name, begin in _members(archive):
                target = folder / _inside(archive, name, remedy)
                if begin is None:
                    raise MatchZooError(f"{archive}: '{name}' is a link or a device, which is not unpacked; {remedy}")
                target.parent.mkdir(parents=True, exist_ok=True)
                source = begin()
                if source is not None:
                    with source, target.open("wb") as file:
                        shutil.copyfileobj(source, file, 1 << 20)
                progress.update()
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")
        raise MatchZooError(f"{archive}: cannot be unpacked ({reason}); fetch it again") from None


def _members(archive: Path) -> Iterator[Member]:
    """Name of every member that is not a folder, and what opens it; None for what is not an ordinary file."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                mode = info.external_attr >> 16
                ordinary = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
                if not info.is_dir():
                    yield info.filename, (lambda info=info: packed.open(info)) if ordinary else None  # type: ignore[misc]
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.isdir():
                yield member.name, (lambda member=member: tar.extractfile(member)) if member.isreg() else None  # type: ignore[misc]


def _inside(archive: Path, name: str, remedy: str) -> PurePosixPath:
    """The path of a member below the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise MatchZooError(f"{archive}: '{name}' would lie outside of the folder; do not trust it, or {remedy}")
    return path
