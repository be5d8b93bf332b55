"""Bandwidths of kernels: a number, ``median``, or a multiple of the median.

A bandwidth is always the standard deviation s of a Gaussian, never s².
"""

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from matchzoo.core.declaration.validators import not_empty, positive
from matchzoo.core.errors import DeclarationError

if TYPE_CHECKING:
    pass

Bandwidth = float | str
"""A number above 0, ``median``, or a multiple of it such as ``0.5*median``."""


def absolute(bandwidth: Bandwidth, median: Callable[[], float]) -> float:
    """A bandwidth as a number; ``median`` is asked where it is a multiple of it."""
    return _multiple(bandwidth) * median() if isinstance(bandwidth, str) else bandwidth


@functools.lru_cache(maxsize=64)
def _multiple(text: str) -> float:
    parsed = re.fullmatch(r"\s*(?:([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*\*\s*)?median\s*", text)
    try:
        factor = float(parsed[1] or 1) if parsed else 0.0
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise DeclarationError([("bandwidths", f"expected a number above 0, 'median' or '0.5*median', got '{text}'")])
    return factor


def check_bandwidths(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """A validator: a bandwidth or a tuple of at least one."""
    if isinstance(value, tuple):
        not_empty()(_, attribute, value)
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, str):
            try:
                _multiple(one)
            except DeclarationError as error:
                raise DeclarationError([(attribute.name, error.problems[0][1])]) from None
        else:
            positive()(_, attribute, one)
