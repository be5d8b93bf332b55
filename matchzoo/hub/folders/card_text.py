"""How the cards of artifacts put things: names, licenses, and values in cells of tables."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from matchzoo.core.showing.text import markdown

Table = Mapping[str, Any]
SHOWN = 200
"""Class names that are listed in the text of a card."""

LICENSES = frozenset({
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd-2-clause", "bsd-3-clause", "bsl-1.0", "cc", "cc-by-2.0",
    "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-2.0", "etalab-2.0", "eupl-1.1", "gfdl", "gpl-2.0", "gpl-3.0", "isc",
    "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "ms-pl", "odbl", "odc-by", "openrail", "pddl", "unlicense", "wtfpl",
    "zlib",
})  # fmt: skip
"""Identifiers that the Hub knows; any other license is ``other`` there, with its name."""


def license(name: str) -> dict[str, str]:
    """The keys of a card's head that say a license (SPDX, or any other words)."""
    if not name:
        return {"license": "unknown"}
    if name.lower() in LICENSES:
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
        given = {key: inner for key, inner in value.items() if inner not in (None, {}, [], ())}
        return ", ".join(f"{safe(str(key))} = {_nested(inner)}" for key, inner in given.items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(inner) for inner in value) + "]"
    return safe(f"{value:g}" if isinstance(value, float) else str(value))


def rows_of_source(source: Table | None) -> list[list[str]]:
    """Rows of a table that say where the data come from, as far as that is known."""
    source = source or {}
    return [
        [key.replace("origin", "data from"), inline(source[key])]
        for key in ("data", "subset", "origin", "homepage", "paper")
        if source.get(key)
    ]


def rows_of_backbones(backbones: Sequence[Table]) -> list[list[str]]:
    """Rows of a table that say of every backbone its architecture, and commit and hash of its weights."""
    rows = []
    for backbone in backbones:
        weights = backbone.get("weights") or {}
        pins = [f"{key} {weights[key]}" for key in ("commit", "sha256") if weights.get(key)]
        about = filter(None, [str(backbone.get("architecture", "")), *pins])
        rows.append([f"backbone {_name(backbone)}", inline(", ".join(about))])
    return rows


def rows_of_versions(versions: Table) -> list[list[str]]:
    """One row of a table with the packages that made something; none if that is not known."""
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [["versions", inline(packages)]] if versions else []


def licenses(what: str, license: str, source: Table | None, backbones: Sequence[Table]) -> str:
    """The section of a card on licenses: of the thing itself, of its data and of its backbones.

    Args:
        what: what the card is of: ``set``, ``model``.
        license: of that; empty if its publisher has not chosen one.
        source: of the data.
        backbones: that it was made with.
    """
    rows = [["of", "license"], [f"this {what}", safe(license) or "not chosen by its publisher"]]
    rows.append(["the data that it was made of", safe(str((source or {}).get("license") or "unknown"))])
    for backbone in backbones:
        rows.append([f"the weights of {_name(backbone)}", safe(str(backbone.get("license") or "unknown"))])
    return f"## Licenses\n\n{markdown(rows)}".rstrip()


def names_of_classes(class_names: Sequence[str]) -> str:
    """The section of a card on its classes, the first `SHOWN` of them."""
    names = [f"{label} = {safe(name)}" for label, name in enumerate(class_names[:SHOWN])]
    more = ", …" if len(class_names) > SHOWN else ""
    return f"## Classes\n\n{', '.join(names)}{more}"


def _name(backbone: Table) -> str:
    return safe(short(str(backbone.get("card", ""))))


def _nested(value: Any) -> str:
    return f"{{ {inline(value)} }}" if isinstance(value, Mapping) else inline(value)


def safe(words: str) -> str:
    """Text that Markdown and HTML show as it is, on one line."""
    line = " ".join(words.split())
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", html.escape(line, quote=False))
