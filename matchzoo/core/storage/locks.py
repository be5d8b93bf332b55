"""Locks of files among processes, by filelock: they end with their process, however it ends, on every system."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, busy: Callable[[], object]) -> Iterator[bool]:
    """Hold the lock of a file, which is made if it is not there. False on a file system that has no locks.

    Args:
        path: of the file; its folder exists.
        busy: called where another process holds the lock. If it returns, the lock is waited for.

    Raises:
        OSError: the file cannot be made.
    """
    from filelock import FileLock, Timeout  # whoever locks nothing need not wait for it

    path.touch()
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        busy()
        lock.acquire()
    except (OSError, NotImplementedError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
