"""What the wheel and the source distribution hold, and that the wheel works away from the checkout."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def build(project: Path, target: str, folder: Path) -> Path:
    """The one file that hatchling makes of a project."""
    words = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(CHECKOUT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution."""
    archive = build(CHECKOUT, "sdist", tmp_path_factory.mktemp("sdist"))
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def declarations() -> set[str]:
    """The files of the checkout's zoo and recipes, as a wheel names them."""
    found = [path for folder in ("zoo", "recipes") for path in (CHECKOUT / folder).rglob("*.toml")]
    return {f"matchzoo/_data/{path.relative_to(CHECKOUT).as_posix()}" for path in found}


def test_wheel_holds_the_package_and_all_declarations(wheel: Path) -> None:
    held = names(wheel)
    assert {
        "matchzoo/_data/recipes/lgm/quickstart.toml",
        "matchzoo/_data/zoo/backbones/efficientnet-lite0.toml",
    } <= held
    assert {name for name in held if name.startswith("matchzoo/_data/") and name.endswith(".toml")} == declarations()
    modules = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "matchzoo").rglob("*.py")}
    assert {name for name in held if name.endswith(".py")} == modules
    assert "matchzoo/py.typed" in held
    assert {name.split("/")[0] for name in held if not name.startswith("matchzoo_torch-")} == {"matchzoo"}


def test_wheel_has_its_command_and_license(wheel: Path) -> None:
    (entry,) = [name for name in names(wheel) if name.endswith("entry_points.txt")]
    with zipfile.ZipFile(wheel) as file:
        assert "matchzoo = matchzoo.cli.main:main" in file.read(entry).decode()
    assert any("LICENSE" in name for name in names(wheel))


def test_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    for folder in ("zoo/backbones", "recipes/lgm"):  # neighbors that are none of ours
        for base in (site, tmp_path):
            (base / folder).mkdir(parents=True)
            (base / folder / "stranger.toml").write_text("")
    probe = (
        "import matchzoo, pathlib\n"
        "from matchzoo import recipes, zoo\n"
        f"assert pathlib.Path(matchzoo.__file__).is_relative_to({str(site)!r}), matchzoo.__file__\n"
        "print(*recipes.names()); print(*zoo.names())\n"
        "recipe = recipes.load('lgm/quickstart'); print(zoo.load(recipe.projector.card).features)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    from matchzoo import recipes, zoo

    assert done.stdout.split("\n")[:3] == [" ".join(recipes.names()), " ".join(zoo.names()), "1280"]


def test_a_package_without_declarations_says_so(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path, [name for name in file.namelist() if "_data" not in name])
    (tmp_path / "zoo" / "backbones").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "something-else"')
    done = subprocess.run(
        [sys.executable, "-m", "matchzoo", "list"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "the zoo and recipes of matchzoo-torch are not beside" in done.stderr


def test_sdist_is_complete(sdist: Path) -> None:
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "Makefile",
        "tests/conftest.py",
        "recipes/lgm/quickstart.toml",
    ):
        assert (sdist / name).is_file(), name
    assert not (sdist / ".venv").exists()


def test_wheel_of_the_sdist_is_the_same(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    again = build(sdist, "wheel", tmp_path / "dist")
    assert again.name == wheel.name
    assert names(again) == names(wheel)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert all(one.read(name) == other.read(name) for name in declarations())
