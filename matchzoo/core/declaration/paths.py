"""Dotted paths of the fields of a table, and those that a part of a path may mean."""

import types
import typing
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import attrs

from matchzoo.core.declaration.declare import registry_of
from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.errors import did_you_mean, join

SUGGESTED = 3
"""Paths that a hint names at most."""


def hint_at(name: str, table: dict[str, Any], cls: type) -> str:
    """A hint at the flags that the end of a path means, such as ``lr`` or ``optimizer.lr``; empty if there are none."""
    paths = list(dict.fromkeys(_paths(table, cls)))
    deep = [path for path in paths if "." in path]
    meant = [path for path in deep if path.endswith(f".{name}")]
    if not meant and not did_you_mean(name.partition(".")[0], attrs.fields_dict(cls)).startswith("; did"):
        leaves = {path.rpartition(".")[2] for path in deep}
        nearest = get_close_matches(name.rpartition(".")[2], leaves, n=1, cutoff=0.75)
        meant = [path for path in deep if nearest and path.endswith(f".{nearest[0]}")]
    if not meant:
        return ""
    shown = " or ".join(f"'--{path}'" for path in sorted(meant, key=_depth)[:SUGGESTED])
    return f"; did you mean {shown}?"


def _depth(path: str) -> int:
    return path.count(".")


def _paths(table: Any, cls: Any, above: str = "") -> Iterator[str]:
    """The dotted paths of all fields of a table, of those too that it leaves to their defaults."""
    registry = registry_of(cls)
    if isinstance(table, str):
        table = {"kind": table}
    if registry is not None:
        kind = table.get("kind") if isinstance(table, dict) else None
        cls = registry[kind] if kind in registry.names() else None
    if cls is None or not isinstance(table, dict):
        return
    for field in attrs.fields(cls):
        path, target = join(above, field.name), inner_type(field.type)
        yield path
        value = table.get(field.name)
        if value is None and hasattr(field.default, "factory"):
            value = to_table(field.default.factory())
        if typing.get_origin(target) in (dict, tuple):
            target = typing.get_args(target)[1 if typing.get_origin(target) is dict else 0]
            items = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
            for key, inner in items:
                yield from _paths(inner, target, join(path, str(key))) if attrs.has(target) else ()
        elif attrs.has(target):
            yield from _paths({} if value is None else value, target, path)


def inner_type(target: Any) -> Any:
    """The type without ``| None``."""
    if typing.get_origin(target) in (typing.Union, types.UnionType):
        options = [t for t in typing.get_args(target) if t is not types.NoneType]
        return options[0] if len(options) == 1 else target
    return target
