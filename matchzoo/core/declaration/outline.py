"""Stand-ins for declared classes, made of their JSON Schema: what needs no torch of them, in milliseconds.

A stand-in has the fields of its class, with their types, defaults and ranges, and each family its kinds.
`matchzoo.core.declaration.structuring` and `matchzoo.core.declaration.overrides` take it in place of the class, so that
a table is checked by the same code with the same messages. What several fields say together is left to the class.
"""

import copy
import functools
import operator
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import attr
import attrs

from matchzoo.core.declaration.declare import OUTLINES, Registry
from matchzoo.core.declaration.schema import NUMBERS, SCALARS
from matchzoo.core.declaration.validators import (
    Validator,
    at_least,
    between,
    different,
    not_empty,
    positive,
)

TYPES = {name: scalar for scalar, name in reversed(SCALARS.items())}


class OutlinedRegistry(Registry[Any]):
    """The kinds of a family, each made when it is asked for."""

    def __init__(self, noun: str, kinds: Mapping[str, Callable[[], type]]) -> None:
        super().__init__(noun)
        self._makers = kinds

    def __getitem__(self, kind: str) -> type:
        """The stand-in of a kind; a `DeclarationError` with the nearest name if there is none."""
        if kind not in self._classes and kind in self._makers:
            self.register(kind, self._makers[kind]())
        return super().__getitem__(kind)

    def kinds(self) -> Iterable[str]:
        """All of them, made or not."""
        return self._makers


class Outline:
    """The stand-ins of a schema.

    Args:
        schema: as `matchzoo.core.declaration.schema.schema_of` makes it.
        name: of the class that the schema is of.
    """

    def __init__(self, schema: Mapping[str, Any], name: str) -> None:
        self._definitions: dict[str, Any] = schema["definitions"]
        self._made: dict[str, type] = {}
        self.cls = self._table(name, schema)
        """The stand-in of the class."""

    def family(self, noun: str) -> type:
        """The stand-in of a family, by what messages call a member of it."""
        return self._named(noun.replace(" ", "-"))

    def _table(self, name: str, node: Mapping[str, Any], family: type = object) -> type:
        """A class with the fields of a table."""
        required = node.get("required", ())
        properties = {key: inner for key, inner in node["properties"].items() if key != "kind"}
        fields = {key: self._field(inner, key in required) for key, inner in properties.items()}
        return attrs.make_class(name, fields, bases=(family,), kw_only=True, eq=False, repr=False, slots=False)

    def _field(self, node: Mapping[str, Any], required: bool) -> Any:
        default = node.get("default")
        if required:
            default = attrs.NOTHING
        elif isinstance(default, dict | list) or (isinstance(default, str) and "allOf" in node):
            default = attrs.Factory(functools.partial(copy.deepcopy, default))
        target = self._type(node)
        return attr.ib(
            default=default,
            type=target if required or default is not None else target | None,
            validator=_validator(node),
        )

    def _type(self, node: Mapping[str, Any]) -> Any:
        """The type that a node describes."""
        if "allOf" in node:
            return self._type(node["allOf"][0])
        if "$ref" in node:
            return self._named(node["$ref"].rpartition("/")[2])
        if "enum" in node:
            return Literal[tuple(node["enum"])]
        if "anyOf" in node:
            return functools.reduce(operator.or_, map(self._type, node["anyOf"]))
        if node["type"] == "array":
            items = node["items"]
            inner = tuple(map(self._type, items)) if isinstance(items, list) else (self._type(items), ...)
            return types.GenericAlias(tuple, inner)
        if node["type"] == "object":
            return types.GenericAlias(dict, (str, self._type(node["additionalProperties"])))
        return TYPES[node["type"]]

    def _named(self, name: str) -> type:
        """The stand-in of a definition: a table, or a family, whose kinds have definitions of their own."""
        if name in self._made:
            return self._made[name]
        node = self._definitions[name]
        if "properties" in node:
            self._made[name] = self._table(name, node)
            return self._made[name]

        family = attrs.make_class(name, {}, eq=False, repr=False, slots=False)

        def kind(word: str) -> Callable[[], type]:
            return lambda: self._table(word, self._definitions[f"{name}.{word}"], family)

        kinds = {word: kind(word) for word in node["else"]["properties"]["kind"]["enum"]}
        OUTLINES[family] = OutlinedRegistry(node["title"], kinds)
        self._made[name] = family
        return family


def _validator(node: Mapping[str, Any]) -> Validator | None:
    """What a node says of sizes and of the numbers in it, as the validators of declared fields say it."""
    validators = []
    if node.get("uniqueItems") or any(option.get("uniqueItems") for option in node.get("anyOf", ())):
        validators.append(different())
    elif any(key in node for key in ("minItems", "minLength", "minProperties")) and "maxItems" not in node:
        validators.append(not_empty())
    limits = _limits(node)
    if limits:
        validators.append(_of_numbers(_ranged(limits)))
    return attrs.validators.and_(*validators) if validators else None


def _limits(node: Mapping[str, Any]) -> dict[str, Any]:
    """The range of the first numbers in a node that have one."""
    limits = {key: node[key] for key in NUMBERS if key in node}
    inner = [node.get("items"), node.get("additionalProperties"), *node.get("anyOf", ())]
    for one in inner:
        for part in one if isinstance(one, list) else [one]:
            limits = limits or (_limits(part) if isinstance(part, dict) else {})
    return limits


def _ranged(limits: Mapping[str, Any]) -> Validator:
    low, high, below = (limits.get(key) for key in ("minimum", "maximum", "exclusiveMaximum"))
    if low is None:
        return positive()
    if high is not None:
        return between(low, high)
    return at_least(low) if below is None else between(low, below, open_high=True)


def _of_numbers(validator: Validator) -> Validator:
    """A validator of numbers, and of those in tuples and tables; all else passes."""

    def validate(owner: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
        if all(isinstance(number, int | float) for number in held):
            validator(owner, attribute, value)

    return validate
