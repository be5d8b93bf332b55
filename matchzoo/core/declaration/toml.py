"""TOML files: read with errors that name the line, and written."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchzoo.core.errors import MatchZooError

NAMED = ("players", "projectors")
"""Tables of named parts, written as a section each: ``[players.generator]``, the deepest that a recipe is read by."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; a `MatchZooError` names the file, line and column of what cannot be read."""
    try:
        return tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, and what Python's own numbers do not take
        raise MatchZooError(f"{path}: not valid TOML: {error}") from None


def read_text(path: Path) -> str:
    """Read a TOML file as text; a `MatchZooError` says why it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")  # editors of Windows put a mark of byte order before it
    except FileNotFoundError:
        raise MatchZooError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise MatchZooError(f"{path}: is a folder; expected a .toml file") from None
    except OSError as error:
        raise MatchZooError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise MatchZooError(f"{path}: not UTF-8 text (byte {error.start}); expected a .toml file") from None


def write_toml(table: Mapping[str, Any]) -> str:
    """The table as TOML text: sub-tables as sections, deeper lists and tables inline."""
    import tomlkit

    document = tomlkit.document()
    for key in sorted(table, key=lambda k: isinstance(table[k], dict)):
        value = table[key]
        if key in NAMED:
            value = {name: {"kind": one} if isinstance(one, str) else one for name, one in value.items()}
        document[key] = _toml(value, depth=1, named=key in NAMED)
    return tomlkit.dumps(document)


def _toml(value: Any, depth: int, named: bool = False) -> Any:
    import tomlkit

    if isinstance(value, dict):
        section = depth == 1 or named
        table = (
            tomlkit.table(is_super_table=named and depth == 1 and bool(value)) if section else tomlkit.inline_table()
        )
        for key, inner in value.items():
            table[key] = _toml(inner, depth + 1, named and depth == 1)
        return table
    if isinstance(value, list):
        array = tomlkit.array().multiline(len(value) > 1 and all(isinstance(inner, dict) for inner in value))
        for inner in value:
            array.append(_toml(inner, depth=9))
        return array
    return value
