"""Wherever a public constructor or function is annotated with choices, another value is refused by its name."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any, Literal

import attrs
import pytest
from helpers.members import CASES

import matchzoo
from matchzoo import hub
from matchzoo.core.declaration.choices import has_choices
from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError

WRONG = "no-such-choice"


def own(module: Any) -> Iterator[Any]:
    """The public classes and functions that a module defines."""
    for name, value in vars(module).items():
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__:
            yield value


def choices_of(function: Any) -> list[str]:
    """The parameters that are choices; annotations whose types are only there for type checkers are not looked at."""
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError):
        return []
    return [name for name, hint in hints.items() if name != "return" and has_choices(hint)]


def collected() -> tuple[list[tuple[type, str]], list[tuple[Any, str]]]:
    """Fields of classes and parameters of functions that are choices, those of the commands aside (tyro's)."""
    fields: dict[tuple[type, str], None] = {}
    parameters: list[tuple[Any, str]] = []
    for info in pkgutil.walk_packages(matchzoo.__path__, "matchzoo."):
        if info.name.startswith(("matchzoo.cli", "matchzoo.__main__")):
            continue
        for value in own(importlib.import_module(info.name)):
            if inspect.isclass(value) and attrs.has(value):
                hints = typing.get_type_hints(value)
                fields |= {(value, f.name): None for f in attrs.fields(value) if has_choices(hints.get(f.name))}
            members = vars(value).values() if inspect.isclass(value) else [value]
            for function in (getattr(member, "__func__", member) for member in members):
                if inspect.isfunction(function) and not function.__name__.startswith("_"):
                    parameters += [(function, name) for name in choices_of(function)]
    return list(fields), parameters


FIELDS, PARAMETERS = collected()


def wrong(annotation: Any) -> Any:
    """A value that has the shape of a type, and none of its choices."""
    options = [option for option in typing.get_args(annotation) if has_choices(option)]
    is_list = typing.get_origin(annotation) not in (Literal, typing.Union, type(int | str))
    return (WRONG,) if is_list and options else WRONG


def test_there_is_much_to_look_at() -> None:
    assert len(FIELDS) > 60
    assert len(PARAMETERS) > 10


@pytest.mark.parametrize(("cls", "name"), FIELDS, ids=lambda value: getattr(value, "__qualname__", value))
def test_a_field_refuses_another_choice(cls: type, name: str) -> None:
    field = getattr(attrs.fields(cls), name)
    value = wrong(typing.get_type_hints(cls)[name])
    with pytest.raises(DeclarationError, match=rf"^{name}(\[0\])?: expected .*, got '{WRONG}'"):
        field.validator(None, field, value)


def test_constructors_ask_the_fields() -> None:
    asked = 0
    for abstract, registry in FAMILIES.items():
        for kind in registry.names():
            table = CASES.get(registry.noun, {}).get(kind, [{}])[0]
            names = [name for cls, name in FIELDS if cls is registry[kind]]
            if names and isinstance(table, dict):
                member = structure({"kind": kind, **table}, abstract)
                hints = typing.get_type_hints(registry[kind])
                for name in names:
                    with pytest.raises(DeclarationError, match=rf"^{name}"):
                        attrs.evolve(member, **{name: wrong(hints[name])})
                asked += len(names)
    assert asked > 40


@pytest.mark.parametrize(("function", "name"), PARAMETERS, ids=lambda value: getattr(value, "__qualname__", value))
def test_a_function_refuses_another_choice_before_anything_else(function: Any, name: str) -> None:
    parameters = inspect.signature(function).parameters.values()
    value = wrong(typing.get_type_hints(function)[name])
    given = {p.name: None for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD}
    with pytest.raises(DeclarationError, match=rf"^{name}(\[0\])?: expected .*, got '{WRONG}'"):
        function(**{**given, name: value})


def test_a_family_of_models() -> None:
    with pytest.raises(DeclarationError, match=r"^which: expected one of .*; did you mean 'generator'"):
        hub.push_model("folder", "user/name", which="genrator")
