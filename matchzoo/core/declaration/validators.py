"""Validators of declared fields; what they refuse is told with the field, the value and what was expected."""

from collections.abc import Callable
from typing import Any

import attrs

from matchzoo.core.errors import DeclarationError

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]
KEYWORDS = "keywords"
"""The attribute of a validator that `keywords_of` reads."""


@attrs.frozen
class Rule:
    """A validator of numbers, or of every one of a tuple or a table.

    Attributes:
        keywords: what it says, as keywords of JSON Schema.
        expected: the same in words.
        holds: whether a number passes.
    """

    keywords: dict[str, Any]
    expected: str
    holds: Callable[[Any], bool]

    def __call__(self, _: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        """Raise a `DeclarationError` that names the field, or the entry of it."""
        if isinstance(value, dict):
            named = [(f"{attribute.name}.{key}", number) for key, number in value.items()]
        else:
            named = [(attribute.name, number) for number in (value if isinstance(value, tuple) else (value,))]
        for name, number in named:
            if number is None:
                continue
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise DeclarationError([(name, f"expected a number, got {number!r}")])
            if not self.holds(number):
                raise DeclarationError([(name, f"expected {self.expected}, got {number!r}")])


def says(**keywords: Any) -> Callable[[Validator], Validator]:
    """A decorator of validators that are functions: what they say, as keywords of JSON Schema."""

    def mark(validator: Validator) -> Validator:
        setattr(validator, KEYWORDS, keywords)
        return validator

    return mark


def keywords_of(validator: Any) -> dict[str, Any]:
    """What a validator, or several in one, says as keywords of JSON Schema; nothing of what these cannot say."""
    inner = [*getattr(validator, "_validators", ()), getattr(validator, "validator", None)]
    keywords = {key: value for one in inner if one is not None for key, value in keywords_of(one).items()}
    return {**keywords, **getattr(validator, KEYWORDS, {})}


def positive() -> Validator:
    """Numbers (or every one of a tuple or a table) above 0."""
    return Rule({"exclusiveMinimum": 0}, "a number above 0", lambda v: v > 0)


def at_least(low: float) -> Validator:
    """Numbers (or every one of a tuple or a table) of at least ``low``."""
    return Rule({"minimum": low}, f"at least {low}", lambda v: v >= low)


def between(low: float, high: float, *, open_high: bool = False) -> Validator:
    """Numbers (or every one of a tuple or a table) within [low, high], or [low, high) with ``open_high``."""
    if open_high:
        expected = f"a number from {low} up to, but not, {high}"
        return Rule({"minimum": low, "exclusiveMaximum": high}, expected, lambda v: low <= v < high)
    return Rule({"minimum": low, "maximum": high}, f"a number between {low} and {high}", lambda v: low <= v <= high)


def not_empty() -> Validator:
    """Tuples, dicts and strings with something in them."""

    @says(minItems=1, minProperties=1, minLength=1)
    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is not None and len(value) == 0:
            raise DeclarationError([(attribute.name, "expected at least one entry, got none")])

    return validate


def different() -> Validator:
    """Tuples of names, each once, and at least one; what is no tuple passes."""

    @says(minItems=1, uniqueItems=True)
    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if isinstance(value, tuple) and (not value or len(set(value)) < len(value)):
            raise DeclarationError([(attribute.name, f"expected different names, at least one, got {list(value)}")])

    return validate


def numbers_only(validator: Validator) -> Validator:
    """A validator of the numbers among other values, which pass."""

    @says(**keywords_of(validator))
    def validate(owner: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if isinstance(value, int | float):
            validator(owner, attribute, value)

    return validate


def ascending() -> Validator:
    """A pair (low, high) with low ≤ high."""

    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is not None and value[0] > value[1]:
            raise DeclarationError([(attribute.name, f"expected [low, high], got {list(value)!r}")])

    return validate
