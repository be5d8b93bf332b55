"""A JSON Schema of what a declared class takes from TOML, made of the classes themselves.

It is for editors, and for the command, which finds mistakes by it before it loads anything that is slow to load
(`matchzoo.core.declaration.outline`). It says types, kinds, choices, ranges and what must be there; what several fields
say together only their class can tell.

Source: https://json-schema.org/draft-07; what editors of TOML read (taplo, Even Better TOML).
"""

import types
import typing
from pathlib import Path
from typing import Any, Literal

import attrs

from matchzoo.core.declaration.declare import field_docs, registry_of
from matchzoo.core.declaration.structuring import REFUSE, to_table
from matchzoo.core.declaration.validators import keywords_of

DRAFT = "http://json-schema.org/draft-07/schema#"
SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", Path: "string"}
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
SIZES = {"array": ("minItems", "uniqueItems"), "string": ("minLength",), "object": ("minProperties",)}
"""Keywords of the whole value by its type; those in `NUMBERS` are of every number in it."""


def schema_of(cls: type, title: str) -> dict[str, Any]:
    """The JSON Schema of the tables of a declared class.

    Args:
        cls: such as ``Recipe``.
        title: what a table of it is called.
    """
    definitions: dict[str, Any] = {}
    own = _table(cls, definitions)
    return {"$schema": DRAFT, "title": title, **own, "definitions": dict(sorted(definitions.items()))}


def _table(cls: type, definitions: dict[str, Any], kind: str | None = None) -> dict[str, Any]:
    """The table of a declared class, without the definitions that it refers to, which are added to ``definitions``."""
    docs = field_docs(cls)
    properties: dict[str, Any] = {} if kind is None else {"kind": {"const": kind}}
    required = [] if kind is None else ["kind"]
    for field in attrs.fields(cls):
        node = _constrained(_node(field.type, definitions), keywords_of(field.validator))
        if REFUSE in field.metadata:
            node = {"anyOf": [node, {"type": "string"}]}  # the class says what was taken there once
        about = {"description": docs[field.name]} if field.name in docs else {}
        default = field.default.factory() if hasattr(field.default, "factory") else field.default
        if default is attrs.NOTHING:
            required.append(field.name)
        elif default is not None:
            about["default"] = to_table(default)
        properties[field.name] = {**({"allOf": [node]} if "$ref" in node and about else node), **about}
    about = {"description": _first_sentences(cls)}
    keys = {"required": required} if required else {}
    return {**about, "type": "object", "properties": properties, **keys, "additionalProperties": False}


def _node(target: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """What a type takes; a name that is left out, None, is nobody's value."""
    origin, arguments = typing.get_origin(target), typing.get_args(target)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        options = [_node(option, definitions) for option in arguments if option is not types.NoneType]
        return options[0] if len(options) == 1 else {"anyOf": options}
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return {"type": "array", "items": _node(arguments[0], definitions)}
        items = [_node(argument, definitions) for argument in arguments]
        return {"type": "array", "items": items, "minItems": len(items), "maxItems": len(items)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _node(arguments[1], definitions)}
    if target in SCALARS:
        return {"type": SCALARS[target]}
    return {"$ref": f"#/definitions/{_defined(target, definitions)}"}


def _defined(target: type, definitions: dict[str, Any]) -> str:
    """The name of the definition of a family or a declared class, which is made where it is not there yet."""
    registry = registry_of(target)
    name = target.__name__ if registry is None else registry.noun.replace(" ", "-")
    if name in definitions:
        return name

    definitions[name] = {}  # first, since what it refers to may refer to it
    if registry is None:
        definitions[name] = _table(target, definitions)
        return name

    for kind in registry.names():
        definitions[f"{name}.{kind}"] = _table(registry[kind], definitions, kind)
    kinds = {kind: definitions[f"{name}.{kind}"] for kind in registry.names()}
    bare = [kind for kind, table in kinds.items() if table["required"] == ["kind"]]
    definitions[name] = {
        "title": registry.noun,
        "description": _first_sentences(target),
        "if": {"type": "string"},
        "then": {"enum": bare},
        "else": {
            "type": "object",
            "properties": {"kind": {"enum": list(kinds)}},
            "required": ["kind"],
            "allOf": [
                {
                    "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                    "then": {"$ref": f"#/definitions/{name}.{kind}"},
                }
                for kind in kinds
            ],
        },
    }
    return name


def _constrained(node: dict[str, Any], keywords: dict[str, Any], whole: bool = True) -> dict[str, Any]:
    """A node with what a validator says: of the whole value by its type, and of every number in it."""
    if "anyOf" in node:
        return {**node, "anyOf": [_constrained(option, keywords, whole) for option in node["anyOf"]]}
    kind = node.get("type")
    if kind in ("integer", "number"):
        return {**node, **{key: keywords[key] for key in NUMBERS if key in keywords}}
    sizes = {key: keywords[key] for key in SIZES.get(str(kind), ()) if whole and key in keywords}
    inner: dict[str, Any] = {
        key: [_constrained(one, keywords, False) for one in node[key]]
        if isinstance(node[key], list)
        else _constrained(node[key], keywords, False)
        for key in ("items", "additionalProperties")
        if key in node
    }
    return {**sizes, **node, **inner}


def _first_sentences(cls: type) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((cls.__doc__ or "").strip().partition("\n\n")[0].split())
