"""From TOML to objects and back, strictly.

Every problem of a table is reported at once, with its dotted path; unknown keys are refused; nothing is coerced
(``3.7`` is not an int, ``"0.1"`` not a float; an int may stand for a float). `cattrs` dispatches by type; the
hooks here give the strictness, the families' ``kind`` and the messages.
"""

import functools
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import attrs

from matchzoo.core.declaration.choices import check, show
from matchzoo.core.declaration.declare import FAMILIES, family_of, registry_of
from matchzoo.core.declaration.renamed import hint_of_field
from matchzoo.core.errors import DeclarationError, did_you_mean

if TYPE_CHECKING:
    import cattrs

T = TypeVar("T")
REFUSE = "refuse"
"""In a field's metadata: a function of its value in a table, which raises a `DeclarationError` for what is no longer
taken there."""


def structure(table: Any, cls: type[T]) -> T:
    """Make the object that a table declares.

    Args:
        table: what `tomllib` gives: dicts, lists, strings, numbers, booleans.
        cls: a declared class or a family.

    Raises:
        DeclarationError: all problems of the table, each with its path.
    """
    return _converter().structure(table, cls)


def to_table(value: Any) -> Any:
    """The table of a declared object, defaults written out and fields that are None left out."""
    return _converter().unstructure(value)


@functools.cache
def _converter() -> "cattrs.Converter":
    import cattrs

    converter = cattrs.Converter(forbid_extra_keys=True)

    def scalar(expected: type, name: str) -> None:
        def hook(value: Any, _: Any) -> Any:
            if expected is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
                raise DeclarationError([("", f"expected {name}, got {show(value)}")])
            if isinstance(value, float) and not math.isfinite(value):
                raise DeclarationError([("", f"expected a finite number, got {value}")])
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise DeclarationError([("", f"expected an int of 64 bits, got {show(value)}")])
            return value

        converter.register_structure_hook(expected, hook)  # cattrs' own, which coerces, goes before any predicate

    scalar(int, "int")
    scalar(float, "float")
    scalar(str, "str")
    scalar(bool, "true or false")

    def literal(value: Any, target: Any) -> Any:
        check(value, target)
        return value

    def union(value: Any, target: Any) -> Any:
        options = [t for t in typing.get_args(target) if t is not types.NoneType]
        if value is None and len(options) < len(typing.get_args(target)):
            return None
        problems: DeclarationError | None = None
        for option in options:
            try:
                return converter.structure(value, option)
            except DeclarationError as error:
                if isinstance(value, Mapping) and registry_of(option) is not None:
                    raise
                problems = problems or error
        if len(options) == 1 and problems:
            raise problems
        check(value, target)  # it names the nearest choice, where there are some
        names = " or ".join(type_name(option) for option in options)
        raise DeclarationError([("", f"expected {names}, got {show(value)}")])

    def sequence(value: Any, target: Any) -> Any:
        arguments = typing.get_args(target)
        if not isinstance(value, list | tuple):
            raise DeclarationError([("", f"expected a list, got {show(value)}")])
        variadic = len(arguments) == 2 and arguments[1] is Ellipsis
        if not variadic and len(value) != len(arguments):
            raise DeclarationError([("", f"expected {len(arguments)} values, got {len(value)}")])
        inner = [arguments[0]] * len(value) if variadic else list(arguments)
        return tuple(
            _collect(
                (f"[{i}]", functools.partial(converter.structure, v, t))
                for i, (v, t) in enumerate(zip(value, inner, strict=True))
            ).values()
        )

    def mapping(value: Any, target: Any) -> Any:
        if not isinstance(value, Mapping):
            raise DeclarationError([("", f"expected a table, got {show(value)}")])
        inner = typing.get_args(target)[1]
        return _collect((k, functools.partial(converter.structure, v, inner)) for k, v in value.items())

    def table(value: Any, target: Any) -> Any:
        family = family_of(target)
        kind = None if family is None else FAMILIES[family].kind_of(target)  # of a field that takes no other
        if kind is not None and value == kind:
            value = {}
        if not isinstance(value, Mapping):
            raise DeclarationError([("", f"expected a table, got {show(value)}")])
        if kind is not None and "kind" in value:
            check_kind(value["kind"], kind)
            value = {name: inner for name, inner in value.items() if name != "kind"}
        return _structure_fields(converter, value, target)

    def check_kind(value: Any, kind: str) -> None:
        if value != kind:
            raise DeclarationError([("kind", f"expected '{kind}', which this field always is, got {show(value)}")])

    def member(value: Any, target: Any) -> Any:
        registry = registry_of(target)
        assert registry is not None
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, Mapping):
            article = "an" if registry.noun[0] in "aeiou" else "a"
            raise DeclarationError(
                [("", f"expected {article} {registry.noun} (a table with 'kind'), got {show(value)}")]
            )
        if "kind" not in value:
            raise DeclarationError([("kind", f"missing; expected one of {', '.join(registry.names())}")])
        if not isinstance(value["kind"], str):
            raise DeclarationError([("kind", f"expected str, got {show(value['kind'])}")])
        return _structure_fields(
            converter, {k: v for k, v in value.items() if k != "kind"}, registry[value["kind"]], kind=value["kind"]
        )

    def is_union(target: Any) -> bool:
        return typing.get_origin(target) in (typing.Union, types.UnionType)

    converter.register_structure_hook_func(lambda t: typing.get_origin(t) is Literal, literal)
    converter.register_structure_hook_func(is_union, union)
    converter.register_structure_hook_func(lambda t: typing.get_origin(t) is tuple, sequence)
    converter.register_structure_hook_func(lambda t: typing.get_origin(t) is dict, mapping)
    converter.register_structure_hook_func(attrs.has, table)
    converter.register_structure_hook_func(lambda t: registry_of(t) is not None, member)

    def unstructure(value: Any) -> Any:
        cls = type(value)
        abstract = family_of(cls)
        result: dict[str, Any] = {} if abstract is None else {"kind": FAMILIES[abstract].kind_of(cls)}
        for field in attrs.fields(cls):
            inner = getattr(value, field.name)
            if inner is not None:
                result[field.name] = converter.unstructure(inner)
        return result["kind"] if list(result) == ["kind"] else result

    converter.register_unstructure_hook_func(attrs.has, unstructure)
    converter.register_unstructure_hook(tuple, lambda value: [converter.unstructure(inner) for inner in value])
    converter.register_unstructure_hook(dict, lambda value: {k: converter.unstructure(v) for k, v in value.items()})
    return converter


def _structure_fields(converter: "cattrs.Converter", value: Mapping[str, Any], cls: type, kind: str = "") -> Any:
    fields = {field.name: field for field in attrs.fields(cls)}
    owner = f" for '{kind}'" if kind else ""
    family = family_of(cls)
    registry = None if family is None else registry_of(family)
    noun = "" if registry is None else registry.noun
    problems = []
    for key in (key for key in value if key not in fields):
        hint = hint_of_field(noun, kind, key) or did_you_mean(key, fields) or "; it has none"
        problems.append((key, f"unknown key{owner}{hint}"))
    problems += [
        (name, f"missing{owner}")
        for name, field in fields.items()
        if field.default is attrs.NOTHING and name not in value
    ]

    def make(field: "attrs.Attribute[Any]") -> Any:
        target: Any = field.type
        refuse = field.metadata.get(REFUSE)
        if refuse is not None:
            refuse(value[field.name])
        inner = converter.structure(value[field.name], target)
        if field.validator is not None:
            try:
                field.validator(None, field, inner)
            except DeclarationError as error:  # it names the field itself
                raise DeclarationError([("", message) for _, message in error.problems]) from None
        return inner

    values = {}
    try:
        values = _collect((name, functools.partial(make, fields[name])) for name in value if name in fields)
    except DeclarationError as error:
        problems += error.problems
    if problems:
        raise DeclarationError(problems)
    return cls(**values)  # checks of several fields together raise DeclarationError themselves


def _collect(makers: Any) -> dict[str, Any]:
    """Run every maker under its path; raise all their problems together."""
    made: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    maker: Callable[[], Any]
    for path, maker in makers:
        try:
            made[path] = maker()
        except DeclarationError as error:
            problems += error.under(path).problems
    if problems:
        raise DeclarationError(problems)
    return made


def type_name(target: Any) -> str:
    """A type as help and messages call it: ``int``, ``float, float``, ``generator``, ``'a' | 'b'``."""
    origin, arguments = typing.get_origin(target), typing.get_args(target)
    if origin is Literal:
        return " | ".join(str(a) for a in arguments)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_name(a) for a in arguments if a is not types.NoneType)
    if origin is tuple:
        inner = [type_name(a) for a in arguments if a is not Ellipsis]
        return f"list of {inner[0]}" if Ellipsis in arguments else ", ".join(inner)
    if origin is dict:
        return f"named {type_name(arguments[1])}s"
    registry = registry_of(target)
    if registry is not None:
        return registry.noun
    if attrs.has(target):
        return f"table '{target.__name__.lower()}'"
    return str(getattr(target, "__name__", target))


def kind_of(part: object) -> str:
    """The kind of a declared part."""
    table = to_table(part)
    return table if isinstance(table, str) else str(table["kind"])
