"""Validators of declared fields; what they refuse is told with the field, the value and what was expected."""

from collections.abc import Callable
from typing import Any

import attrs

from matchzoo.core.errors import DeclarationError

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _rule(holds: Callable[[Any], bool], expected: str) -> Validator:
    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if isinstance(value, dict):
            named = [(f"{attribute.name}.{key}", number) for key, number in value.items()]
        else:
            named = [(attribute.name, number) for number in (value if isinstance(value, tuple) else (value,))]
        for name, number in named:
            if number is None:
                continue
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise DeclarationError([(name, f"expected a number, got {number!r}")])
            if not holds(number):
                raise DeclarationError([(name, f"expected {expected}, got {number!r}")])

    return validate


def positive() -> Validator:
    """Numbers (or every one of a tuple or a table) above 0."""
    return _rule(lambda v: v > 0, "a number above 0")


def at_least(low: float) -> Validator:
    """Numbers (or every one of a tuple or a table) of at least ``low``."""
    return _rule(lambda v: v >= low, f"at least {low}")


def between(low: float, high: float, *, open_high: bool = False) -> Validator:
    """Numbers (or every one of a tuple or a table) within [low, high], or [low, high) with ``open_high``."""
    if open_high:
        return _rule(lambda v: low <= v < high, f"a number from {low} up to, but not, {high}")
    return _rule(lambda v: low <= v <= high, f"a number between {low} and {high}")


def not_empty() -> Validator:
    """Tuples, dicts and strings with something in them."""

    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is not None and len(value) == 0:
            raise DeclarationError([(attribute.name, "expected at least one entry, got none")])

    return validate


def ascending() -> Validator:
    """A pair (low, high) with low ≤ high."""

    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is not None and value[0] > value[1]:
            raise DeclarationError([(attribute.name, f"expected [low, high], got {list(value)!r}")])

    return validate
