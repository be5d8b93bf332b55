"""Writing files whole or not at all: under a temporary name first, then renamed."""

import contextlib
import errno
import glob
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.locks import locked

if TYPE_CHECKING:
    import torch


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}{path.suffix}")
    try:
        temporary.touch()
        mode = temporary.stat().st_mode  # the usual one, by the umask: safetensors would leave 600
        write(temporary)
        temporary.chmod(mode)
        with temporary.open("r+b") as file:  # Windows syncs only what may be written
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text."""
    _whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON, indented; NaN and infinities are refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_tensors(path: Path, tensors: "Mapping[str, torch.Tensor]", metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors as safetensors, copied to the CPU."""
    from safetensors.torch import save_file

    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    _whole(path, lambda temporary: save_file(ready, temporary, metadata=dict(metadata or {})))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Write by a function that is handed the temporary path (same suffix)."""
    _whole(path, write)


def write_folder(path: Path, write: Callable[[Path], object]) -> None:
    """Make a folder by a function that fills the temporary one, replacing what is there."""
    temporary, old = (path.with_name(f".{path.name}.{word}-{os.getpid()}") for word in ("tmp", "old.tmp"))
    _tidy(path)
    try:
        temporary.mkdir(parents=True)
        write(temporary)
        if path.exists():
            path.rename(old)
        try:
            temporary.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _tidy(path: Path) -> None:
    """Remove what processes that were killed left beside a folder; what one had put aside and not replaced returns."""
    import psutil

    for stray in sorted(path.parent.glob(f".{glob.escape(path.name)}.*tmp-*")) if path.parent.is_dir() else ():
        number = stray.name.rpartition("-")[2]
        if not number.isdecimal() or (int(number) != os.getpid() and psutil.pid_exists(int(number))):
            continue
        if ".old.tmp-" in stray.name and not path.exists():
            stray.rename(path)
        else:
            shutil.rmtree(stray, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove temporaries that killed processes left in a folder and below it."""
    for stray in list(folder.rglob(".*.tmp-*")):
        if stray.is_dir():
            shutil.rmtree(stray, ignore_errors=True)
        else:
            stray.unlink(missing_ok=True)


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""No room, or no writing, wherever it is."""


@contextlib.contextmanager
def filling(folder: Path) -> Iterator[None]:
    """Within, what goes wrong with writing under a folder is a `MatchZooError`."""
    try:
        yield
    except MatchZooError:
        raise
    except (OSError, SafetensorError) as error:
        code, name = getattr(error, "errno", None), str(getattr(error, "filename", None) or "")
        gone = not folder.is_dir()
        if not (gone or code in FULL or isinstance(error, SafetensorError) or name.startswith(str(folder))):
            raise
        reason = "it was removed meanwhile" if gone else getattr(error, "strerror", None) or str(error)
        raise MatchZooError(
            f"{folder}: cannot be written ({reason}); existing files are intact: fix this and start the run again"
        ) from error


LOCK = ".lock"
"""In a folder that a process holds."""
HOLDER = ".lock-holder"
"""Beside it, who that is: on Windows nobody else can read a file that is locked."""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes; the hold ends with the process, however it ends.

    A folder that is not there is made, and removed if nothing was put into it. On a file system without locks (some of
    a network) nothing is held.

    Raises:
        MatchZooError: another process holds it, with its number and machine; or it cannot be written.
    """
    path, holder, created = folder / LOCK, folder / HOLDER, not folder.exists()

    def refuse() -> None:
        who = "another process"
        with contextlib.suppress(OSError):
            who = holder.read_text(encoding="utf-8").strip() or who
        raise MatchZooError(f"{folder}: {who} is using it; wait until it has finished, or stop it") from None

    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            alone = stack.enter_context(locked(path, refuse))
        except OSError as error:
            raise MatchZooError(f"{folder}: cannot be written ({error.strerror}); give another with --output") from None
        if not alone:
            yield
            return
        with contextlib.suppress(OSError):  # a full disk: the hold counts, its words do not
            holder.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
        try:
            yield
        finally:
            for file in (holder, path):
                with contextlib.suppress(OSError):  # Windows removes no file that is locked
                    file.unlink()
            if created:
                with contextlib.suppress(OSError):  # there is something in it
                    folder.rmdir()


def read_table(path: Path, kinds: dict[str, type], remedy: str) -> dict[str, Any]:
    """The JSON table of a file, with some values of some types."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        wrong = [key for key, kind in kinds.items() if not isinstance(table[key], kind)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise MatchZooError(f"{path}: is damaged ({type(error).__name__}: {error}); {remedy}") from None
    if wrong:
        raise MatchZooError(f"{path}: is damaged ({wrong[0]}); {remedy}")
    content: dict[str, Any] = table
    return content


def file_sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
