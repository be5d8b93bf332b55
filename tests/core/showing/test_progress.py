"""Progress: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

import os
import pty
import subprocess
import sys

import pytest

from matchzoo.core.showing import progress
from matchzoo.core.showing.progress import Progress, is_quiet, quietly

SCRIPT = """
from matchzoo.core.showing.progress import Progress
with Progress(200, "training", "steps", memory=lambda: 3 * 2**30) as shown:
    for i in range(200):
        shown.update(1, {"loss": 0.5})
        __import__("time").sleep(0.002)
"""


def test_plain_lines_at_intervals(monkeypatch, capsys):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    with Progress(4, "training", "steps", start=2, memory=lambda: 2**30) as shown:
        shown.update(1, {"loss": 0.25})
        shown.update(1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("training: 3/4 steps, ")
    assert "steps/s" in lines[0]
    assert "s left, loss 0.25, 1.0 GiB" in lines[0]
    assert lines[-1].startswith("training: 4/4 steps, ")


def test_nothing_when_quiet(capsys):
    with Progress(3, "training", "steps", quiet=True) as shown:
        shown.update(3)
    assert capsys.readouterr().err == ""


def test_nothing_within_quietly(monkeypatch, capsys):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    with quietly(), quietly(False), Progress(3, "training", "steps") as shown:
        shown.update(3)
        assert is_quiet()
    assert capsys.readouterr().err == ""
    with quietly(False), Progress(3, "training", "steps") as shown:
        shown.update(3)
    assert "3/3 steps" in capsys.readouterr().err


def test_work_of_unknown_length_that_may_be_short(monkeypatch, capsys):
    with Progress(None, "listing", "files", delay=60) as shown:
        shown.update(3)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    with Progress(None, "listing", "files", delay=0) as shown:
        shown.update(3)
    assert capsys.readouterr().err.startswith("listing: 3 files, ")


@pytest.mark.parametrize("columns", [0, 100])
def test_a_bar_on_a_terminal(columns):
    """Also on one that does not know its width."""
    import fcntl
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=follower, stdout=follower)
    os.close(follower)
    seen = b""
    while True:
        try:
            seen += os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
    assert process.wait() == 0
    os.close(leader)
    text = seen.decode()
    assert "training" in text
    assert "200/200" in text
    assert "loss 0.5" in text
    assert "3.0 GiB" in text
