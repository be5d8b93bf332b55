"""Locks among processes: one holds, others are told, and the end of a process is the end of its hold."""

import subprocess
import sys
from pathlib import Path

import pytest

from matchzoo.core.storage.locks import locked

HOLDER = """
import sys, time, pathlib
from matchzoo.core.storage.locks import locked
with locked(pathlib.Path(sys.argv[1]), lambda: sys.exit("busy")):
    print("held", flush=True)
    time.sleep(60)
"""


class BusyError(Exception):
    """What a caller may raise instead of waiting."""


def refuse() -> None:
    raise BusyError


def test_it_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BusyError), locked(path, refuse):
            pass
        with locked(path, process.kill) as alone:  # told that it is busy, and waits until the other one is gone
            assert alone
    assert process.returncode
    with locked(path, refuse) as alone:
        assert alone


def test_where_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*arguments: object, **options: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("filelock.FileLock.acquire", without)
    with locked(tmp_path / "lock", refuse) as alone:
        assert not alone


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="lock"), locked(tmp_path / "missing" / "lock", refuse):
        pass
