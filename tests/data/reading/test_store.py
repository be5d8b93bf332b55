"""Decoded images on disk: keys, whole or not at all, resuming after a kill, several processes, memory."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.started import Forked, python
from PIL import Image

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.cache import cache_folder
from matchzoo.data import ImageFolder, Split
from matchzoo.data.reading import store
from matchzoo.data.reading.store import Stored, by_row, key_of


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MATCHZOO_CACHE", str(folder))
    return folder


def pictures(root: Path, count: int = 6) -> Path:
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        for i in range(count):
            Image.effect_noise((20, 14), 60).convert("RGB").save(root / name / f"{i}.png")
    return root


def arrays(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.glob("images/*.npy"))


def rows(key: str = "k", count: int = 10, calls: list[int] | None = None) -> Stored:
    def make(row: int) -> np.ndarray:
        if calls is not None:
            calls.append(row)
        return np.full((1, 2, 2), row, np.uint8)

    return Stored(key, count, (1, 2, 2), by_row(make))


def test_it_is_decoded_once(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ImageFolder(path=str(pictures(tmp_path / "p")), size=8)
    first = data.load()
    monkeypatch.setattr("matchzoo.data.reading.decoding.Decoding.decode", lambda *_: pytest.fail("decoded again"))
    again = data.load()
    assert torch.equal(first.train.all().values, again.train.all().values)
    assert len(arrays(own_cache)) == 1
    assert [p.name for p in own_cache.rglob("*") if p.suffix in (".part", ".journal")] == []


def test_the_key_is_of_the_listing_and_the_settings(tmp_path: Path, own_cache: Path) -> None:
    root = pictures(tmp_path / "p")

    def count(**fields: object) -> int:
        ImageFolder(path=str(root), **{"size": 8, **fields}).load()
        return len(arrays(own_cache))

    assert count() == 1
    assert count(split_seed=3, test_share=0.5) == 1
    assert count(size=9) == 2
    assert count(fit="pad") == 3
    Image.new("RGB", (9, 9), "white").save(root / "a" / "0.png")  # content
    assert count() == 4
    about = (root / "a" / "1.png").stat()
    os.utime(root / "a" / "1.png", ns=(about.st_atime_ns, about.st_mtime_ns + 10**9))  # time alone
    assert count() == 5
    (root / "a" / "2.png").rename(root / "a" / "z.png")
    assert count() == 6
    (root / "a" / "z.png").unlink()
    assert count() == 7


def test_a_changed_file_shows(tmp_path: Path) -> None:
    root = pictures(tmp_path / "p")
    Image.new("RGB", (9, 9), "white").save(root / "a" / "0.png")
    data = ImageFolder(path=str(root), size=8, test_share=0.2)
    data.load()
    Image.new("RGB", (9, 9), "black").save(root / "a" / "0.png")
    loaded = data.load()
    values = torch.cat([loaded.train.all().values, loaded.test.all().values])
    assert (values.flatten(1).sum(1) == 0).sum() == 1
    assert (values.flatten(1).mean(1) == 1).sum() == 0


def test_a_format_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of("x", 1)
    assert key_of("x", 1) == before != key_of("x", 2)
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    assert key_of("x", 1) != before


def test_mapped_equals_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ImageFolder(path=str(pictures(tmp_path / "p")), size=8)
    held = data.load()
    monkeypatch.setenv("MATCHZOO_MEMORY", "0")
    mapped = data.load()
    for one, other in ((held.train, mapped.train), (held.test, mapped.test)):
        assert (one.mapped, other.mapped) == (False, True)
        assert len(one) == len(other)
        assert one.shape == other.shape == (3, 8, 8)
        index = torch.tensor([1, 0, 1])
        for a, b in ((one.render(index), other.render(index)), (one.all(), other.all())):
            assert torch.equal(a.values, b.values)
            assert torch.equal(a.labels, b.labels)
            assert torch.equal(a.index, b.index)
        assert torch.equal(one.gather(index), other.gather(index))
        assert other.to(dtype=torch.float64).gather(index).dtype == torch.uint8
    assert {name for name, _ in mapped.train.named_buffers()} == {"labels"}  # what moves to a device
    assert {name for name, _ in held.train.named_buffers()} == {"values", "labels"}


def test_writing_to_what_is_mapped_changes_no_file(own_cache: Path) -> None:
    rows().open()[:] = 99
    assert rows().open()[3].unique().tolist() == [3]


@pytest.mark.parametrize(("words", "mapped"), [("0.001", True), ("1", False), (None, False)])
def test_budget(words: str | None, mapped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if words is not None:
        monkeypatch.setenv("MATCHZOO_MEMORY", words)
    loaded = ImageFolder(path=str(pictures(tmp_path / "p")), size=16).load()
    assert (loaded.train.mapped, loaded.test.mapped) == (mapped, mapped)


def test_budget_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHZOO_MEMORY", "much")
    with pytest.raises(MatchZooError, match="MATCHZOO_MEMORY: expected a number of MiB, got 'much'"):
        store.budget()


def test_finished_blocks_are_not_made_again(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BLOCK", 3 * 4)  # three rows
    calls: list[int] = []
    stop = rows(calls=calls)

    def fails(row: int) -> np.ndarray:
        if row == 7:
            raise KeyboardInterrupt
        return stop.make(range(row, row + 1), lambda _: None)[0]

    with pytest.raises(KeyboardInterrupt):
        Stored("k", 10, (1, 2, 2), by_row(fails)).open()
    assert arrays(own_cache) == []
    calls.clear()
    made = rows(calls=calls).open()
    assert calls == [6, 7, 8, 9]
    assert made.flatten(1)[:, 0].tolist() == list(range(10))


def test_a_line_of_the_journal_that_was_cut_does_not_count(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.write_text("0\n30\n60")
    assert store._finished(journal) == {0, 30}


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"other"])
def test_a_damaged_array_is_made_again(content: bytes, own_cache: Path) -> None:
    path = own_cache / "images" / "k.npy"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert rows().open().flatten(1)[:, 0].tolist() == list(range(10))
    assert len(path.read_bytes()) == 128 + 40
    path.write_bytes(path.read_bytes()[:-1])
    assert rows().open().flatten(1)[:, 0].tolist() == list(range(10))


def test_old_remains_are_removed(own_cache: Path) -> None:
    (own_cache / "images").mkdir(parents=True)
    for name, days in ((".old.part", 8), (".old.journal", 8), (".new.part", 1)):
        path = own_cache / "images" / name
        path.write_bytes(b"x")
        os.utime(path, (time.time() - days * 86400,) * 2)
    rows().open()
    assert sorted(path.name for path in own_cache.rglob("*") if path.is_file()) == [".new.part", "k.lock", "k.npy"]


def test_an_image_that_cannot_be_read_leaves_nothing(tmp_path: Path, own_cache: Path) -> None:
    root = pictures(tmp_path / "p")
    (root / "a" / "bad.png").write_bytes(b"x")
    data = ImageFolder(path=str(root), size=8)
    for _ in range(2):
        with pytest.raises(MatchZooError, match=r"bad\.png: cannot be read"):
            data.load()
    assert [p.name for p in own_cache.rglob("*") if p.is_file() and p.suffix != ".lock"] == []
    (root / "a" / "bad.png").unlink()
    data.load()


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "file"))
    with pytest.raises(MatchZooError, match=r"cannot keep .* GiB .*; set MATCHZOO_CACHE to a folder with room"):
        rows().open()


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("MATCHZOO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == tmp_path / "xdg" / "matchzoo"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder().parts[-3:] == ("Library", "Caches", "matchzoo")


BUILDER = """
import sys, time
import numpy as np
from pathlib import Path
from matchzoo.data.reading import store
store.BLOCK = 2 * 4
log = Path(sys.argv[1])
def make(row):
    with log.open("a") as file:
        file.write(f"{row}\\n")
    time.sleep(float(sys.argv[2]))
    while len(sys.argv) > 3 and not Path(sys.argv[3]).exists():
        time.sleep(0.01)
    return np.full((1, 2, 2), row, np.uint8)
made = store.Stored("k", 20, (1, 2, 2), store.by_row(make), "pictures").open()
assert made.flatten(1)[:, 0].tolist() == list(range(20))
print("whole")
"""


def builder(log: Path, seconds: float, *until: Path) -> Forked:
    return python(BUILDER, log, seconds, *until)


def wait_for(log: Path, lines: int, process: Forked) -> None:
    until = time.monotonic() + 60
    while not log.is_file() or len(log.read_text().splitlines()) < lines:
        assert time.monotonic() < until
        assert process.poll() is None, process.said(1)
        time.sleep(0.01)


def test_killed_in_the_middle_it_goes_on(tmp_path: Path, own_cache: Path) -> None:
    log = tmp_path / "log"
    first = builder(log, 0.05)
    wait_for(log, 11, first)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert arrays(own_cache) == []
    before = log.read_text().split()
    log.unlink()
    second = builder(log, 0)
    out, errors = second.communicate(timeout=60)
    assert (second.returncode, out) == (0, "whole\n"), errors
    after = log.read_text().split()
    assert after[-1] == "19"
    assert set(before[:8]).isdisjoint(after)  # whole blocks of two rows, at most two blocks behind
    assert arrays(own_cache) == ["k.npy"]


def test_a_second_process_waits(tmp_path: Path, own_cache: Path) -> None:
    log = tmp_path / "log"
    first = builder(log, 0, tmp_path / "go")
    wait_for(log, 1, first)
    second = builder(tmp_path / "other log", 0)
    until = time.monotonic() + 60
    while "pictures: another process is using it; waiting" not in second.said(1):
        assert time.monotonic() < until
        time.sleep(0.01)
    (tmp_path / "go").touch()
    results = [process.communicate(timeout=90) for process in (first, second)]
    assert [out for out, _ in results] == ["whole\n"] * 2, results
    assert len(log.read_text().split()) == 20
    assert not (tmp_path / "other log").exists()
    assert arrays(own_cache) == ["k.npy"]


def without_locks(*arguments: object, **options: object) -> None:
    raise NotImplementedError


def test_processes_without_locks_build_their_own(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filelock.FileLock.acquire", without_locks)
    assert rows().open().flatten(1)[:, 0].tolist() == list(range(10))
    assert sorted(path.name for path in own_cache.rglob("*") if path.is_file()) == ["k.lock", "k.npy"]


def test_rows_of_a_split() -> None:
    values = torch.arange(20.0).reshape(10, 2)
    labels, group = torch.arange(3), torch.tensor([1, 1, 0])
    for mapped in (False, True):
        split = Split(values, labels, group, rows=torch.tensor([9, 0, 4]), mapped=mapped)
        samples = split.render(torch.tensor([2, 0]))
        assert samples.values[:, 0].tolist() == [8, 18]
        assert samples.labels.tolist() == [2, 0]
        assert samples.group.tolist() == [0, 1]
        assert samples.rows(torch.tensor([1])).group.tolist() == [1]
        assert samples.with_values(samples.values).group.tolist() == [0, 1]
