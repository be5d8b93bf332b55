"""Where the declarations that come with the package are: ``zoo/`` and ``recipes/``."""

import functools
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

from matchzoo.core.errors import MatchZooError, did_you_mean

DISTRIBUTION = "matchzoo-torch"


@functools.cache
def root() -> Path:
    """The folder that holds ``zoo/`` and ``recipes/``: the checkout, or ``matchzoo/_data`` of an installed wheel.

    A checkout is recognized by its ``pyproject.toml``, never by a neighboring folder that happens to be called zoo.
    """
    package = Path(__file__).resolve().parent.parent
    installed = package / "_data"
    if installed.is_dir():
        return installed
    project = package.parent / "pyproject.toml"
    if project.is_file():
        name = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("name")
        if name == DISTRIBUTION:
            return project.parent
    raise MatchZooError(f"the zoo and recipes of {DISTRIBUTION} are not beside {package}; install it again")


def names(folder: str, pattern: str = "*") -> list[str]:
    """Names (path without ``.toml``) of the declarations under a folder that match a shell pattern, sorted."""
    return [name for name in _all(folder) if fnmatchcase(name, pattern)]


@functools.cache
def _all(folder: str) -> tuple[str, ...]:
    base = root() / folder
    return tuple(sorted(path.relative_to(base).with_suffix("").as_posix() for path in base.rglob("*.toml")))


def find(folder: str, name: str, noun: str) -> Path:
    """The file of a declaration: a path that ends in ``.toml``, or a name of the folder; else the nearest name."""
    if name.endswith(".toml"):
        path = Path(name).expanduser()
        if path.is_dir():
            raise MatchZooError(f"{noun} '{name}': is a folder; expected a .toml file")
        if not path.is_file():
            raise MatchZooError(f"{noun} '{name}': no such file")
        return path
    known = names(folder)
    if name not in known:
        hint = did_you_mean(name, known)
        raise MatchZooError(f"unknown {noun} '{name}'{hint} ('matchzoo list' shows all; a file's path ends in .toml)")
    return root() / folder / f"{name}.toml"


def header(path: Path) -> str:
    """The comment that a declaration opens with, without its hashes."""
    lines = []
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return "\n".join(lines)
