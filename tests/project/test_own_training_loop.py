"""The page *In your own training loop*: short snippets that type checkers accept; `test_docs.py` runs them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/own-training-loop.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
WRONG = """
from matchzoo.matchers import MMD
from matchzoo.ratios import KernelMeanMatching

MMD(bandwidth=[1.0])
KernelMeanMatching(ridge="large")
"""
"""A name that there is not, and a value of another type."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The snippets as files."""
    for number, snippet in enumerate(SNIPPETS):
        (tmp_path / f"snippet_{number}.py").write_text(snippet, encoding="utf-8")
    return tmp_path


def checked(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=600)


def mypy(folder: Path) -> subprocess.CompletedProcess[str]:
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    return checked(["mypy", *options, *map(str, sorted(folder.glob("*.py")))], folder)


def pyright(folder: Path) -> subprocess.CompletedProcess[str]:
    """Its report; skips where it is not there, or cannot fetch what it needs."""
    pytest.importorskip("pyright", reason="needs pyright (pip install pyright)")
    if "pyright " not in checked(["pyright", "--version"], folder).stdout:
        pytest.skip("needs the network for the first start of pyright")
    return checked(["pyright", "--pythonpath", sys.executable, str(folder)], folder)


def test_there_are_five_short_snippets():
    assert len(SNIPPETS) == 5
    for snippet in SNIPPETS:
        assert len([line for line in snippet.splitlines() if line]) < 15
        assert "print(" in snippet


@pytest.mark.parametrize("check", [mypy, pyright])
def test_type_checkers_accept_the_snippets(check, folder):
    report = check(folder)
    assert report.returncode == 0, report.stdout + report.stderr
    assert "warning" not in report.stdout.replace("0 warnings", "")


@pytest.mark.parametrize("check", [mypy, pyright])
def test_type_checkers_see_the_fields(check, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    report = check(tmp_path)
    assert report.returncode == 1
    assert "bandwidth" in report.stdout
    assert "ridge" in report.stdout
    assert len(re.findall(r"error:? ", report.stdout)) >= 2


def test_the_package_ships_its_types():
    assert (ROOT / "matchzoo/py.typed").is_file()
