"""What takes long to make of a data set, as one array on disk: decoded images, features. Made once, then mapped.

An array is kept under a key, a hash of all that decides its content. It is built block by block under a temporary name
with a journal beside it: a build that was killed goes on after its last finished block, and what has its final name is
whole. A second process that wants the same array waits for the first.
"""

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.choices import checked_fields
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import Progress
from matchzoo.core.storage.cache import VARIABLE, cache_folder
from matchzoo.core.storage.locks import locked

FORMAT = 1
"""Of the stored arrays and of how images are decoded; raised when either changes."""
BLOCK = 32 * 2**20
"""Bytes of a block, the unit of resuming, unless an array says how many rows."""
STALE = 7 * 24 * 3600
"""Seconds after which what an unfinished build left is removed by the next one."""
MEMORY = 2**30
"""Bytes up to which a split is held in memory; ``MATCHZOO_MEMORY`` (in MiB) replaces it."""


class CacheError(MatchZooError):
    """The cache cannot be written."""


def budget() -> int:
    """Bytes up to which a split is held in memory; a larger one stays on disk, mapped."""
    words = os.environ.get("MATCHZOO_MEMORY")
    if not words:
        return MEMORY
    try:
        return int(float(words) * 2**20)
    except ValueError:
        raise MatchZooError(f"MATCHZOO_MEMORY: expected a number of MiB, got '{words}'") from None


def key_of(*content: Any) -> str:
    """The key of an array: a hash of what decides its content (JSON values) and of the format."""
    text = json.dumps([FORMAT, *content], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


Done = Callable[[int], object]
"""Called with the number of rows that have been made."""


@attrs.frozen(field_transformer=checked_fields)
class Stored:
    """An array [count, …] on disk.

    Attributes:
        key: from `key_of`.
        count: rows.
        shape: of a row.
        make: gives the rows of a block; `by_row` makes one of a function of a row. It raises `MatchZooError`, a line
            for each row that cannot be made.
        title: what progress says.
        dtype: of the array.
        kind: folder of the cache, and what messages call the content.
        block: rows of a block; as many as fit into `BLOCK` if not given.
    """

    key: str
    count: int
    shape: tuple[int, ...]
    make: Callable[[range, Done], np.ndarray]
    title: str = "decoding"
    dtype: type[np.generic] = np.uint8
    kind: Literal["images", "features", "ranges"] = "images"
    block: int | None = None

    def open(self, done: Done | None = None) -> torch.Tensor:
        """The array [count, …], mapped (writing to it changes no file); built first where it is not there.

        Args:
            done: told of the rows as they come, all at once if they are there; a progress of its own if not given.

        Raises:
            MatchZooError: rows that cannot be made (several at once), or a cache that cannot be written.
        """
        path = cache_folder() / self.kind / f"{self.key}.npy"
        stored = self._map(path)
        if stored is not None:
            if done is not None:
                done(self.count)
            return stored
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with locked(path.with_suffix(".lock"), self._wait) as alone:
                stored = self._map(path)
                if stored is None:
                    self._build(path, alone, done)
                    stored = self._map(path)
                elif done is not None:
                    done(self.count)
        except OSError as error:
            size = self.count * self.row / 2**30
            raise CacheError(
                f"{path.parent}: cannot keep {size:.2f} GiB of {self.kind} there ({error.strerror or error}); "
                f"set {VARIABLE} to a folder with room"
            ) from None
        if stored is None:
            raise CacheError(f"{path}: what was written there cannot be read; set {VARIABLE} to another folder")
        return stored

    def _wait(self) -> None:
        print(f"{self.title}: another process is using it; waiting", file=sys.stderr, flush=True)

    @property
    def row(self) -> int:
        """Bytes of a row."""
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    def _map(self, path: Path) -> torch.Tensor | None:
        """The finished array; None if it is not there or not whole."""
        try:
            array = np.load(path, mmap_mode="c", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if array.shape != (self.count, *self.shape) or array.dtype != self.dtype:
            return None
        return torch.from_numpy(array)

    def _build(self, path: Path, alone: bool, done: Done | None) -> None:
        _sweep(path.parent)
        own = "" if alone else f"-{os.getpid()}"
        part, journal = (path.with_name(f".{self.key}{own}.{end}") for end in ("part", "journal"))
        per_block = self.block or max(1, min(BLOCK // self.row, 4096))
        finished = _finished(journal) if part.is_file() else set()
        if not finished:
            journal.unlink(missing_ok=True)
            np.lib.format.open_memmap(part, mode="w+", dtype=self.dtype, shape=(self.count, *self.shape)).flush()
        left = [begin for begin in range(0, self.count, per_block) if begin not in finished]
        kept = self.count - sum(min(per_block, self.count - begin) for begin in left)
        if done is not None:
            done(kept)
        problems: list[str] = []
        with (
            Progress(self.count, self.title, self.kind, kept, quiet=done is not None) as progress,
            part.open("r+b") as array,
            journal.open("a", encoding="utf-8") as log,
        ):
            offset = part.stat().st_size - self.count * self.row
            for begin in left:
                try:
                    rows = range(begin, min(begin + per_block, self.count))
                    block = self.make(rows, done or progress.update)
                except MatchZooError as error:
                    problems += str(error).splitlines()
                if problems:
                    continue  # what is wrong with the other blocks belongs into the same message
                array.seek(offset + begin * self.row)
                array.write(np.ascontiguousarray(block, self.dtype).data)
                array.flush()
                os.fsync(array.fileno())
                log.write(f"{begin}\n")
                log.flush()
                os.fsync(log.fileno())
        if problems:
            part.unlink()
            journal.unlink()
            more = f"\nand {len(problems) - 10} more" if len(problems) > 10 else ""
            raise MatchZooError("\n".join(problems[:10]) + more)
        part.replace(path)
        journal.unlink()


def by_row(make: Callable[[int], np.ndarray]) -> Callable[[range, Done], np.ndarray]:
    """Blocks of a function that gives a row, called from several threads; it may raise `MatchZooError`."""

    def attempt(row: int) -> np.ndarray | str:
        try:
            return make(row)
        except MatchZooError as error:
            return str(error)

    def block(rows: range, done: Done) -> np.ndarray:
        made: list[np.ndarray] = []
        problems: list[str] = []
        with ThreadPoolExecutor(max(torch.get_num_threads(), 1)) as threads:
            for row in _in_order(threads, attempt, rows):
                if isinstance(row, str):
                    problems.append(row)
                else:
                    made.append(row)
                done(1)
        if problems:
            raise MatchZooError("\n".join(problems))
        return np.stack(made)

    return block


def _sweep(folder: Path) -> None:
    """Remove what builds left that were never finished, such as those of folders that have changed since."""
    for stray in [*folder.glob(".*.part"), *folder.glob(".*.journal")]:
        with contextlib.suppress(OSError):  # another process may be faster
            if time.time() - stray.stat().st_mtime > STALE:
                stray.unlink()


def _in_order(threads: ThreadPoolExecutor, make: Callable[[int], Any], rows: range) -> Iterator[Any]:
    """What is made of each row, in order; an interrupt does not wait for the rows that have not begun."""
    futures = [threads.submit(make, row) for row in rows]
    try:
        for future in futures:
            yield future.result()
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        raise


def _finished(journal: Path) -> set[int]:
    """First rows of the blocks that a journal calls finished; a line that was cut short does not count."""
    text = journal.read_text(encoding="utf-8") if journal.is_file() else ""
    return {int(line) for line in text.splitlines(keepends=True) if line.endswith("\n")}
