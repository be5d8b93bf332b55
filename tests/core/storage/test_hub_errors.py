"""This machine's own faults on the way from and to the Hub: a cache that cannot be written, a disk without room."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from helpers.distilled_sets import made, same
from helpers.hub_server import TOKEN, HubServer, hub  # noqa: F401
from helpers.models import small

from matchzoo import hub as door
from matchzoo.core.errors import MatchZooError
from matchzoo.zoo.weights import HubWeights, UrlWeights

resource = pytest.importorskip("resource", reason="Windows has no limits of processes")
REPO = "tester/set"


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture
def area() -> Iterator[Path]:
    """A folder that any user of this machine can reach, with a cache of ours that others can write."""
    folder = Path(tempfile.mkdtemp(prefix="matchzoo-area-"))
    folder.chmod(0o755)
    (folder / "own").mkdir()
    (folder / "own").chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


PROGRAM = """
import os, resource, sys
from huggingface_hub import constants
from matchzoo import hub
from matchzoo.core.errors import MatchZooError

os.umask(0)
hub.pull("tester/set")  # imports all that it takes, while that can be read
constants.HF_HUB_CACHE = sys.argv[1]
{spoil}
for attempt in range(2):
    try:
        print("pulled", len(hub.pull("tester/set")))
    except MatchZooError as error:
        print("error:", error)
    {mend}
"""
DROP = "if os.geteuid() == 0: os.seteuid(65534)"
LIMIT = "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))"


def child(area: Path, cache: Path, spoil: str, mend: str = "pass") -> list[str]:
    environment = {**os.environ, "MATCHZOO_CACHE": str(area / "own"), "HF_HUB_DISABLE_XET": "1", "OMP_NUM_THREADS": "1"}
    program = PROGRAM.format(spoil=spoil, mend=mend)
    done = subprocess.run(
        [sys.executable, "-c", program, str(cache)], env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith(("error", "pulled"))]


def test_a_cache_that_is_read_only(hub: HubServer, area: Path) -> None:  # noqa: F811
    door.push(made(), REPO)
    cache = area / "cache"
    cache.mkdir(mode=0o555)
    first, second = child(area, cache, DROP, f"os.seteuid(0) if os.getuid() == 0 else os.chmod({str(cache)!r}, 0o755)")
    assert first.startswith("error: tester/set@main: the pull failed here: Permission denied")
    assert f"set HF_HUB_CACHE (now {cache}) to a folder that can be written; then pull again" in first
    assert second == "pulled 6"


def test_a_read_only_cache_that_has_it_will_do(
    hub: HubServer,  # noqa: F811
    area: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(area / "cache"))
    door.push(made(), REPO)
    door.pull(REPO)
    for path in [area / "cache", *(area / "cache").rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    assert child(area, area / "cache", DROP) == ["pulled 6", "pulled 6"]


def test_a_disk_without_room(hub: HubServer, area: Path) -> None:  # noqa: F811
    """Files cannot grow beyond 3000 bytes: the client's own writes fail in the middle."""
    door.push(made(), REPO)
    unlimited = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)"
    first, second = child(area, area / "cache", LIMIT, unlimited)
    assert first.startswith("error: tester/set@main: the pull failed here: File too large")
    assert second == "pulled 6"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_cache_under_a_file(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from huggingface_hub import constants

    distilled, model = made(), small()
    door.push(distilled, REPO)
    door.push_model(model, REPO)
    (tmp_path / "file").touch()
    good = constants.HF_HUB_CACHE
    weights = HubWeights(repo=REPO)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "cache"))
    for pull, doing in ((door.pull, "pull"), (door.pull_model, "pull"), (lambda _: weights.fetch(), "download")):
        with pytest.raises(MatchZooError, match=rf"the {doing} failed here: .*set HF_HUB_CACHE .*; then {doing} again"):
            pull(REPO)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", good)
    assert same(attrs.evolve(door.pull(REPO), repository=None), distilled)
    assert weights.fetch().is_file()
    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "file" / "own"))
    with pytest.raises(MatchZooError, match=r"own/hub: cannot be written \(.*\); set MATCHZOO_CACHE to another folder"):
        door.pull_model(REPO)


@pytest.mark.parametrize("broken", ["file", "folder"])
def test_a_folder_of_weights_that_cannot_be_made(
    broken: str,
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TORCH_HOME under a file, and one whose last folder is a file; any user meets these."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "hub").touch()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home" / ("hub/torch" if broken == "file" else "")))
    weights = UrlWeights(url=f"{hub.url}/x-12345678.pth")
    assert "are not in the cache" in weights.needs()
    with pytest.raises(MatchZooError, match=r"checkpoints: cannot be written \(.*\); set TORCH_HOME to another folder"):
        weights.fetch()
    assert hub.requests == []
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "good"))
    with pytest.raises(MatchZooError, match=r"put into .*good.* \(the download failed: HTTP Error 404"):
        weights.fetch()


def test_no_room_for_what_is_to_go_up(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from matchzoo.core.storage import files

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_text", full)
        for push, thing in ((door.push, made()), (door.push_model, small())):
            with pytest.raises(MatchZooError, match=r"No space left on device\); set TMPDIR to a folder with room"):
                push(thing, REPO)
    assert hub.requests == []
    door.push(made(), REPO)
