"""Progress: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

import os
import re
import struct
import subprocess
import sys

import pytest

from matchzoo.core.showing import progress
from matchzoo.core.showing.progress import Progress, is_quiet, quietly, short_names, waiting

SCRIPT = """
import time
from matchzoo.core.showing.progress import Progress, waiting
with waiting("weights and data"):
    time.sleep(0.05)
with Progress(200, "training", "steps", memory=lambda: 3 * 2**30) as shown:
    for i in range(200):
        shown.update(1, {"player/weight-decay": 0.5, "player/adversarial-classification": 123.4})
        time.sleep(0.002)
    with Progress(2, "inner", "images"):
        time.sleep(0.3)
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


def test_names_beside_a_bar_are_short():
    assert short_names({"generator/linear-gradient-matching": 0.5}) == {"loss": 0.5}
    assert short_names({"generator/mmd": 0.5, "critic/gan": 1.0}) == {"mmd": 0.5, "gan": 1.0}
    same = {"generator/mmd": 0.5, "critic/mmd": 1.0}
    assert short_names(same) == same
    assert short_names({"loss": 2.0, "top-1": 3.0}) == {"loss": 2.0, "top-1": 3.0}
    assert short_names({"top-1": 3.0}) == {"top-1": 3.0}


def test_waiting_is_told_where_it_took_a_while(monkeypatch, capsys):
    with waiting("data and weights"):
        pass
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    with waiting("data and weights"):
        pass
    assert capsys.readouterr().err == "data and weights: 0 s\n"
    with quietly(), waiting("data and weights"):
        pass
    assert capsys.readouterr().err == ""


def lines_of_terminal(script: str, columns: int, **environment: str) -> list[str]:
    """Everything that a script draws on a terminal of so many columns, without its control characters."""
    pty, fcntl, termios = (pytest.importorskip(name) for name in ("pty", "fcntl", "termios"))  # not on Windows
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm", **environment}
    process = subprocess.Popen([sys.executable, "-c", script], stderr=follower, stdout=follower, env=environment)
    os.close(follower)
    seen = b""
    while True:
        try:
            seen += os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
    assert process.wait() == 0, seen.decode()
    os.close(leader)
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode()))


@pytest.mark.parametrize("columns", [0, 80, 120])
def test_a_bar_on_a_terminal(columns):
    """Also on one that does not know its width. Whatever is told beside it, the bar stays as wide as it is."""
    lines = lines_of_terminal(SCRIPT, columns)
    bars = [line for line in lines if "training" in line]
    assert {len(re.findall("[━╸╺]", line)) for line in bars} == {20}
    assert all(len(line) <= (columns or 80) for line in lines)
    assert "200/200 steps" in bars[-1]
    assert "weight-decay 0.5" in bars[-1]
    assert "…" in bars[-1] or columns == 120
    assert sum("inner" in line for line in lines) > 0
    assert "inner" not in lines[-1]


def test_a_terminal_in_name_only_gets_lines():
    assert not [line for line in lines_of_terminal(SCRIPT, 80, TERM="dumb") if "━" in line]
