"""Overrides: ``--trainer.steps 500`` changes a recipe's table, before the one structuring.

Dotted keys are checked against the classes that the recipe's kinds choose, so a typo gets the nearest name; values are
read as TOML by the field's type (``0.5 1`` for a list, ``'{ kind = "pixels" }'`` or ``pixels`` for a part, or whatever
else names one, ``none`` to leave an optional field out).
"""

import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import attrs

from matchzoo.core.declaration.choices import show
from matchzoo.core.declaration.declare import FAMILIES, Registry, family_of, field_docs, registry_of
from matchzoo.core.declaration.paths import hint_at, inner_type
from matchzoo.core.declaration.structuring import to_table, type_name
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean, join

Flag = tuple[str, list[str]]
Named = Callable[[Registry[Any], str], Any]
"""What a word stands for that is given in place of a part and is no kind of its family, such as the name of a card: its
table, or the word itself. Raises a `DeclarationError` where names are known and this is none."""


def flags(argv: Sequence[str]) -> list[Flag]:
    """Words of a command line as dotted flags: ``--a.b 1 2``, ``--a.b=1``; dashes in names are underscores."""
    flags: list[Flag] = []
    for word in argv:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            flags.append((name.replace("-", "_"), [value] if equals else []))
        elif not flags:
            raise MatchZooError(f"unexpected '{word}': overrides come as --field.name value, after the recipe's name")
        else:
            flags[-1][1].append(word)
    return flags


def override(table: dict[str, Any], cls: type, changes: Sequence[Flag], named: Named | None = None) -> dict[str, Any]:
    """A copy of a table with some fields changed.

    Args:
        table: of a declared object, as read from TOML (defaults may be missing).
        cls: its class.
        changes: dotted path and words for each. Whole parts come before their fields, whatever the order of the words;
            a change of ``kind`` keeps those fields that the new class has as well.
        named: what a word in place of a part stands for, where it is no kind.

    Raises:
        DeclarationError: a path that does not exist, or words that are no value of the field's type.
    """
    changed, problems = overridden(table, cls, changes, named)
    if problems:
        raise DeclarationError(problems)
    return changed


def overridden(
    table: dict[str, Any], cls: type, changes: Sequence[Flag], named: Named | None = None
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """As `override`: a copy of the table with those fields changed that can be, and what is wrong with the others."""
    changed = _copy(table)
    problems: list[tuple[str, str]] = []
    for path, words in sorted(changes, key=lambda change: change[0].removesuffix(".kind").count(".")):
        try:
            _set(changed, cls, path.split("."), words, "", named)
        except DeclarationError as error:
            problems += error.problems
    return changed, problems


def put(table: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted path of a resolved table to a value; None takes it out. Indices are numbers (``minimize.0``)."""
    names = path.split(".")
    here: Any = table
    for depth, name in enumerate(names):
        where = ".".join(names[: depth + 1])
        last = depth == len(names) - 1
        known = {str(i): i for i in range(len(here))} if isinstance(here, list) else {key: key for key in here}
        if last and value is None and name not in known:
            return
        if name not in known and (isinstance(here, list) or not last):
            raise DeclarationError([(where, f"there is none{did_you_mean(name, known)}")])
        key = known.get(name, name)
        if last and value is None:
            del here[key]
        elif last:
            here[key] = to_table(value)
        else:
            if isinstance(here[key], str):
                here[key] = {"kind": here[key]}
            here = here[key]
            if not isinstance(here, dict | list):
                raise DeclarationError([(where, f"is {show(here)}, which has no fields")])


def get(table: Any, path: str) -> Any:
    """The value of a dotted path of a resolved table, as an override names it; None where it has none."""
    here = table
    for name in path.split("."):
        if isinstance(here, list):
            here = here[int(name)] if name.isdigit() and int(name) < len(here) else None
        elif isinstance(here, dict):
            here = {str(key).replace("-", "_"): value for key, value in here.items()}.get(name.replace("-", "_"))
        elif name != "kind":  # a kind by itself stands for its table
            return None
    return here


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list) else value


def _set(here: dict[str, Any], cls: type, path: list[str], words: list[str], above: str, named: Named | None) -> None:
    """Walk one level down the types and the table together."""
    name, rest = path[0], path[1:]
    where = join(above, name)
    registry = registry_of(cls)
    if registry is not None:
        if name == "kind" and not rest:
            chosen = _class(registry, _text(words, where), above)
            fields = {field.name for field in attrs.fields(chosen)}
            for key in [k for k in here if k != "kind" and k not in fields]:
                del here[key]
            here["kind"] = words[0]
            return
        cls = _class(registry, here["kind"], above) if "kind" in here else cls
    fields_by_name = {field.name: field for field in attrs.fields(cls)}
    if name not in fields_by_name:
        owner = f" of '{here['kind']}'" if registry is not None and "kind" in here else ""
        hint = ("" if above else hint_at(".".join(path), here, cls)) or did_you_mean(name, fields_by_name)
        hint = hint or "; it has none"
        whole = ".".join(path) if "'--" in hint else where
        raise DeclarationError([(whole, f"unknown field{owner}{hint}")])
    target, default = inner_type(fields_by_name[name].type), fields_by_name[name].default
    if not rest:
        if words == ["none"] and default is None:
            here.pop(name, None)
        else:
            here[name] = _value(words, target, where, named)
        return
    if name not in here and hasattr(default, "factory"):
        here[name] = to_table(default.factory())
    _descend(here, name, target, rest, words, where, named)


def _descend(
    here: Any, key: Any, target: Any, rest: list[str], words: list[str], where: str, named: Named | None
) -> None:
    """Into the value at ``here[key]``, a table, a named table or a list."""
    origin, arguments = typing.get_origin(target), typing.get_args(target)
    if origin in (dict, tuple) and (attrs.has(arguments[-1 if origin is dict else 0]) or origin is dict):
        inner = arguments[1] if origin is dict else arguments[0]
        held = here.get(key) if isinstance(here, dict) else here[key]
        held = held if held is not None else {} if origin is dict else []
        if not isinstance(held, dict if origin is dict else list):
            raise DeclarationError([(where, f"expected a {'table' if origin is dict else 'list'}, got {show(held)}")])
        known = {str(k).replace("-", "_"): k for k in (held if origin is dict else range(len(held)))}
        if rest[0] not in known:
            raise DeclarationError([(join(where, rest[0]), f"there is none{did_you_mean(rest[0], known)}")])
        index = known[rest[0]]
        if len(rest) == 1:
            held[index] = _value(words, inner, join(where, rest[0]), named)
        else:
            _descend(held, index, inner, rest[1:], words, join(where, rest[0]), named)
        return
    if not attrs.has(target):
        raise DeclarationError([(join(where, rest[0]), f"{where} is {type_name(target)}, which has no fields")])
    table = here.get(key) if isinstance(here, dict) else here[key]
    if isinstance(table, str):
        table = {"kind": table}
    if table is None:
        table = {}
        if registry_of(target) is not None and rest != ["kind"]:
            several = here.get(f"{key}s") if isinstance(here, dict) else None
            options = [".".join([f"--{where}s", name, *rest]) for name in several or ()]
            remedy = f"it has several: {', '.join(options)}" if options else f"say its kind with --{where}.kind"
            raise DeclarationError([(where, f"not in the recipe; {remedy}")])
    if not isinstance(table, dict):
        raise DeclarationError([(where, f"expected a table, got {show(table)}")])
    here[key] = table
    _set(table, target, rest, words, where, named)


def _class(registry: Registry[Any], kind: Any, above: str) -> type:
    """The class of a kind; its problem under the path of the part."""
    if not isinstance(kind, str):
        raise DeclarationError([(join(above, "kind"), f"expected str, got {show(kind)}")])
    try:
        return registry[kind]
    except DeclarationError as error:
        raise error.under(above) from None


def _text(words: list[str], where: str) -> str:
    if len(words) != 1:
        raise DeclarationError([(where, f"expected one value, got {len(words)}")])
    return words[0]


def _value(words: list[str], target: Any, where: str, named: Named | None = None) -> Any:
    """Words as a value of a type; what is left to check is left to the structuring."""
    if len(words) > 1 and typing.get_origin(target) in (typing.Union, types.UnionType):
        target = next((t for t in typing.get_args(target) if typing.get_origin(t) is tuple), target)
    origin = typing.get_origin(target)
    if target is bool and not words:
        return True
    if origin is tuple:
        if len(words) == 1 and words[0].startswith("["):
            return _toml(words[0], where)
        return [_value([word], inner_type(typing.get_args(target)[0]), where, named) for word in words]
    word = _text(words, where)
    if target is str or origin is Literal:
        literals = typing.get_args(target)
        if any(not isinstance(option, str) for option in literals):
            return _toml(word, where)
        return _toml(word, where) if word[:1] in "\"'" and word else word
    if attrs.has(target) and not word.startswith("{"):
        registry = registry_of(target)
        if registry is None or named is None or word in registry.names():
            return word
        try:
            return named(registry, word)
        except DeclarationError as error:
            raise error.under(where) from None
    if (isinstance(target, type) and target in (int, float, bool)) or word[:1] in "{[\"'0123456789-+":
        return _toml(word, where)
    return word


def _toml(word: str, where: str) -> Any:
    try:
        return tomllib.loads(f"value = {word}")["value"]
    except tomllib.TOMLDecodeError:
        if word[:1] in "{[\"'":
            raise DeclarationError([(where, f"not a TOML value: {show(word)}")]) from None
        return word  # the structuring says what was expected


def describe(value: Any, path: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Every field of a declared object: dotted path, type, value, doc."""
    cls: Any = type(value)
    docs = field_docs(cls)
    abstract = family_of(cls)
    if abstract is not None:
        registry = FAMILIES[abstract]
        yield join(path, "kind"), " | ".join(registry.names()), registry.kind_of(cls), ""
    for field in attrs.fields(cls):
        inner, where = getattr(value, field.name), join(path, field.name)
        if attrs.has(type(inner)):
            yield from describe(inner, where)
        elif isinstance(inner, dict):
            for name, one in inner.items():
                yield from describe(one, join(where, name))
        elif isinstance(inner, tuple) and inner and attrs.has(type(inner[0])):
            for index, one in enumerate(inner):
                yield from describe(one, join(where, str(index)))
        else:
            yield where, type_name(field.type), in_words(inner), docs.get(field.name, "")


def in_words(value: Any) -> str:
    """A value as an override takes it."""
    if value is None:
        return "none"
    if isinstance(value, str) and value:
        return value
    import tomlkit

    table = to_table(value)
    if isinstance(table, dict):
        inline = tomlkit.inline_table()
        inline.update(table)
        return inline.as_string()
    return str(tomlkit.item(table).as_string())
