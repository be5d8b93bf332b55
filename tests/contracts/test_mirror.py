"""Tests lie where what they test lies: tests/A/test_B….py tests matchzoo/A/B.py."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_MORE = {"contracts", "helpers", "golden", "methods", "project", "security", "torture"}
"""Folders of tests of more than a module."""
FILES = [path.relative_to(ROOT / "tests") for path in sorted((ROOT / "tests").rglob("*.py"))]
MIRRORED = [path for path in FILES if path.parts[0] not in OF_MORE and path.name != "conftest.py"]


@pytest.mark.parametrize("path", MIRRORED, ids=str)
def test_a_file_of_tests_is_named_after_a_module(path: Path) -> None:
    modules = {module.stem for module in (ROOT / "matchzoo" / path.parent).glob("*.py")} - {"__init__"}
    name = path.stem.removeprefix("test_")
    assert path.stem != name, f"tests/{path} has no tests by its name"
    assert any(f"{name}_".startswith(f"{module}_") for module in modules), f"no module of tests/{path}: {modules}"


def test_folders_of_tests_are_those_of_the_package() -> None:
    assert {path.parts[0] for path in MIRRORED} <= {path.name for path in (ROOT / "matchzoo").iterdir()}
    assert all((ROOT / "tests" / name).is_dir() for name in OF_MORE)
