"""How the cards of artifacts put things: names, licenses, and values in cells of tables."""

import html
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult

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


PAPERS = {
    "head-gradient": "2511.16674",  # linear gradient matching
    "statistical-flow": "2602.05391",
    "induced-probe": "2605.07194",
    "network-gradient": "2006.05929",  # dataset condensation
    "kernel-mean-matching": "1806.00101",  # GRAM-nets
}
"""By kind of a term, statistic or estimator, the paper (arXiv) that a recipe with it follows."""


def papers(recipe: str) -> list[str]:
    """Tags of the papers that a recipe (TOML) follows, ``arxiv:2511.16674``, by which the Hub links them."""
    try:
        kinds = set(_words(tomllib.loads(recipe).get("players", {})))
    except (tomllib.TOMLDecodeError, RecursionError):
        return []  # a stranger's
    return [f"arxiv:{number}" for kind, number in PAPERS.items() if kind in kinds]


def _words(value: Any) -> Iterator[str]:
    """Every text in nested tables and lists."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _words(inner)


def accuracies(scores: Sequence[Table], source: Table | None) -> list[EvalResult]:
    """The top-1 and top-5 accuracies of what a card is of, as the Hub shows results.

    Args:
        scores: records of evaluations; the first is of the thing itself, and those of other methods are baselines.
        source: of the data.
    """
    source = source or {}
    own = [record for record in scores if record.get("method") == scores[0].get("method")]
    name = short(str(source.get("card") or "")) or data_name(source.get("data")) or "unknown"
    results = []
    for record, (key, title) in itertools.product(own, (("top1", "top-1"), ("top5", "top-5"))):
        if record.get(f"{key}_mean") is None:
            continue
        place = short(str(record.get("backbone") or record.get("network") or ""))
        about = (f"{title} accuracy, %", place, str(record.get("protocol") or ""))
        result = EvalResult(
            task_type="image-classification",
            dataset_type=re.sub(r"[^\w.-]+", "-", name),
            dataset_name=name,
            dataset_split="test",
            metric_type="accuracy",
            metric_name=", ".join(filter(None, about)),
            metric_value=round(float(record[f"{key}_mean"]), 2),
        )
        results.append(result)
    return results


def license(name: str) -> dict[str, str]:
    """The keys of a card's head that say a license (SPDX, or any other words); ``unknown`` where nobody chose one."""
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
    chosen = safe(license) or f"not chosen yet: `matchzoo push {what.upper()} USER/NAME --license cc-by-4.0` sets one"
    rows = [["of", "license"], [f"this {what}", chosen]]
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
