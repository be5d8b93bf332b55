"""How the cards of artefacts put things: names, licences, and values in cells of tables."""

import html
import re
from collections.abc import Mapping
from typing import Any

LICENCES = frozenset({
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd-2-clause", "bsd-3-clause", "bsl-1.0", "cc", "cc-by-2.0",
    "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-2.0", "etalab-2.0", "eupl-1.1", "gfdl", "gpl-2.0", "gpl-3.0", "isc",
    "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "ms-pl", "odbl", "odc-by", "openrail", "pddl", "unlicense", "wtfpl",
    "zlib",
})  # fmt: skip
"""Identifiers that the Hub knows; any other licence is ``other`` there, with its name."""


def licence(name: str) -> dict[str, str]:
    """The keys of a card's head that say a licence (SPDX, or any other words)."""
    if not name:
        return {"license": "unknown"}
    if name.lower() in LICENCES:
        return {"license": name.lower()}
    return {"license": "other", "license_name": re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-") or "other"}


def data_name(table: Any) -> str:
    """A recipe's data table in a few words."""
    if isinstance(table, Mapping):
        return " ".join(str(table[key]) for key in ("kind", "dataset", "repo", "subset") if table.get(key))
    return str(table or "")


def short(card: str) -> str:
    """A card's name without the folder and the ending of a file."""
    return re.split(r"[/\\]", card)[-1].removesuffix(".toml")


def plain(card: Any) -> str:
    """A card's name as a word of a command that people copy; ``CARD`` where it could be more than a word."""
    name = short(str(card or ""))
    return name if re.fullmatch(r"\w[\w.-]*", name) else "CARD"


def inline(value: Any) -> str:
    """A value in a cell of a table: tables as ``key = value``, without what is not set."""
    if isinstance(value, Mapping):
        said = {k: v for k, v in value.items() if v not in (None, {}, [], ())}
        return ", ".join(f"{safe(str(k))} = {_nested(v)}" for k, v in said.items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(one) for one in value) + "]"
    return safe(f"{value:g}" if isinstance(value, float) else str(value))


def _nested(value: Any) -> str:
    return f"{{ {inline(value)} }}" if isinstance(value, Mapping) else inline(value)


def safe(words: str) -> str:
    """Text that Markdown and HTML show as it is, on one line."""
    line = " ".join(words.split())
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", html.escape(line, quote=False))
