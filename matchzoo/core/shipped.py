"""Where the declarations that come with the package are: ``zoo/`` and ``recipes/``."""

import functools
import tomllib
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from matchzoo.core.errors import MatchZooError, did_you_mean

DISTRIBUTION = "matchzoo-torch"
FIRST = "lgm/quickstart"
"""The recipe that one tries first: what is meant by ``quickstart``, which other methods have as well."""


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
    """The file of a declaration: a path that ends in ``.toml``, or a name of the folder, as `full_name` takes it."""
    if name.endswith(".toml"):
        path = Path(name).expanduser()
        if path.is_dir():
            raise MatchZooError(f"{noun} '{name}': is a folder; expected a .toml file")
        if not path.is_file():
            raise MatchZooError(f"{noun} '{name}': no such file")
        return path
    return root() / folder / f"{full_name(folder, name, noun)}.toml"


def full_name(folder: str, name: str, noun: str) -> str:
    """The name of a declaration that a name stands for, which may leave out what is before its last slash.

    Raises:
        MatchZooError: there is none (with the nearest name), or there are several.
    """
    known = names(folder)
    if name in known:
        return name
    ends = [full for full in known if full.endswith(f"/{name}")]
    if len(ends) == 1 or FIRST in ends:
        return FIRST if FIRST in ends else ends[0]
    remedy = "('matchzoo list' shows all; a file's path ends in .toml)"
    if ends:
        raise MatchZooError(f"there are several {noun}s '{name}': {', '.join(ends)}")
    by_end = {full.rpartition("/")[2]: full for full in (*known, FIRST)}
    near = get_close_matches(name, [*known, *by_end], n=1, cutoff=0.6)
    hint = f"; did you mean '{by_end.get(near[0], near[0])}'?" if near else did_you_mean(name, known)
    raise MatchZooError(f"unknown {noun} '{name}'{hint} {remedy}")


def header(path: Path) -> str:
    """The comment that a declaration opens with, without its hashes."""
    lines = []
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return "\n".join(lines)
