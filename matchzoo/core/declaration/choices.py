"""Choices: what is annotated as a ``Literal`` takes one of its values and no other, however it is given.

`check` is the one rule. A table of a recipe meets it in `matchzoo.core.declaration.structuring`, a field in its
constructor (`checked_fields`, which every declared class has), an argument of a function by the decorator `checked`.
"""

import collections.abc
import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, Literal, ParamSpec, TypeVar

import attrs

from matchzoo.core.declaration.renamed import VALUES
from matchzoo.core.errors import DeclarationError, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")
LISTS = (tuple, list, collections.abc.Sequence)
"""Types of several values, of which each is checked."""


def show(value: Any) -> str:
    """A value as messages quote it, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def has_choices(annotation: Any) -> bool:
    """Whether there is a ``Literal`` anywhere in a type."""
    return typing.get_origin(annotation) is Literal or any(map(has_choices, typing.get_args(annotation)))


def check(value: Any, annotation: Any) -> None:
    """Raise unless every choice in a value is one that its type names.

    Examples:
        >>> check("biassed", Literal["biased", "unbiased"])
        DeclarationError: expected one of 'biased', 'unbiased', got 'biassed'; did you mean 'biased'?

    Args:
        value: any.
        annotation: a ``Literal``, several of them (a tuple, list or sequence), or one beside other types. What is no
            choice is not looked at.

    Raises:
        DeclarationError: with the value, the choices and the nearest one; it names the entry of several values. ``1``,
            ``1.0`` and ``True`` are different choices.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        if not _is_among(value, arguments):
            options = ", ".join(map(repr, arguments))
            raise DeclarationError([("", f"expected one of {options}, got {show(value)}{_nearest(value, arguments)}")])
    elif origin in (typing.Union, types.UnionType):
        _check_union(value, [argument for argument in arguments if argument is not types.NoneType], arguments)
    elif origin in LISTS and has_choices(annotation):
        if not isinstance(value, list | tuple):
            raise DeclarationError([("", f"expected a list, got {show(value)}")])
        problems = []
        for number, entry in enumerate(value):
            try:
                check(entry, arguments[0])
            except DeclarationError as error:
                problems += error.under(f"[{number}]").problems
        if problems:
            raise DeclarationError(problems)


def _check_union(value: Any, options: list[Any], arguments: tuple[Any, ...]) -> None:
    """A choice beside other types: the value is one of the choices, or of one of the other types."""
    if not any(map(has_choices, options)) or (value is None and len(options) < len(arguments)):
        return
    if len(options) == 1:
        check(value, options[0])
        return

    choices = [choice for option in options if typing.get_origin(option) is Literal for choice in option.__args__]
    others = [option for option in options if typing.get_origin(option) is not Literal]
    if not _is_among(value, choices) and not any(_may_be(value, option) for option in others):
        names = " or ".join([*map(_name, others), *map(str, choices)])
        raise DeclarationError([("", f"expected {names}, got {show(value)}{_nearest(value, choices)}")])


def _is_among(value: Any, choices: Iterable[Any]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _may_be(value: Any, option: Any) -> bool:
    """Whether a value can be of a type, as far as its outermost class says."""
    cls = typing.get_origin(option) or option
    if not isinstance(cls, type):
        return True
    return isinstance(value, (int, float) if cls is float else (list, tuple) if cls is tuple else cls)


def _name(option: Any) -> str:
    """A type as messages call it."""
    arguments = typing.get_args(option)
    return f"list of {_name(arguments[0])}" if arguments else str(getattr(option, "__name__", option))


def _nearest(value: Any, choices: Iterable[Any]) -> str:
    """A hint at the choice that was meant; empty where none is near."""
    choices = [choice for choice in choices if isinstance(choice, str)]
    if not isinstance(value, str):
        return ""
    if VALUES.get(value) in choices:
        return f"; did you mean '{VALUES[value]}'?"
    same = [choice for choice in choices if choice.casefold() == value.casefold()]
    hint = f"; did you mean '{same[0]}'?" if same else did_you_mean(value, choices)
    return hint if hint.startswith("; did") else ""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """A function that refuses an argument that is none of the choices its annotation names, before anything else.

    The annotations are read once, when the function is defined; a call costs about a microsecond more.

    Raises:
        TypeError: no parameter has choices.
    """
    parameters = enumerate(inspect.signature(function).parameters.values())
    choices = [(position, p.name, p.annotation) for position, p in parameters if has_choices(p.annotation)]
    if not choices:
        raise TypeError(f"{function.__qualname__}: no parameter is annotated with choices")

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for position, name, annotation in choices:
            if position < len(args):
                check_argument(name, args[position], annotation)
            elif name in kwargs:
                check_argument(name, kwargs[name], annotation)
        return function(*args, **kwargs)

    return call


def checked_fields(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    """A ``field_transformer`` of `attrs`: the fields of a class, those that are choices with a validator that says so.

    Validators of their own come after it.
    """
    annotations, own = typing.get_type_hints(cls), inspect.get_annotations(cls)

    def checking(field: "attrs.Attribute[Any]") -> "attrs.Attribute[Any]":
        annotation = annotations.get(field.name)
        if field.name not in own or not has_choices(annotation):  # inherited ones have it already
            return field
        validators = [_validator(annotation), *([] if field.validator is None else [field.validator])]
        return field.evolve(validator=attrs.validators.and_(*validators))

    return [checking(field) for field in fields]


def _validator(annotation: Any) -> Callable[[Any, "attrs.Attribute[Any]", Any], None]:
    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        check_argument(attribute.name, value, annotation)

    return validate


def check_argument(name: str, value: Any, annotation: Any) -> None:
    """`check`, whose errors name the field or argument that holds the value."""
    try:
        check(value, annotation)
    except DeclarationError as error:
        raise error.under(name) from None
