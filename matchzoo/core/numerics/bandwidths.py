"""Bandwidths of kernels: a number, a typical distance of the points (``median``, ``rms``), or a multiple of one.

A bandwidth is always the standard deviation s of a Gaussian, never s².
"""

import functools
import re
from collections.abc import Callable
from typing import Any

import attrs

from matchzoo.core.declaration.validators import not_empty, positive, says
from matchzoo.core.errors import DeclarationError

Bandwidth = float | str
"""A number above 0; ``median`` or ``rms``, the median and the root of the mean squared distance of all pairs of points;
or a multiple of one of them, such as ``0.5*median``."""


def absolute(bandwidth: Bandwidth, typical: Callable[[str], float]) -> float:
    """A bandwidth as a number; ``typical`` is asked for the distance of a name, where it is a multiple of one."""
    if not isinstance(bandwidth, str):
        return bandwidth
    factor, name = _multiple(bandwidth)
    return factor * typical(name)


@functools.lru_cache(maxsize=64)
def _multiple(text: str) -> tuple[float, str]:
    """The factor, and the name of the distance."""
    parsed = re.fullmatch(r"\s*(?:([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*\*\s*)?(median|rms)\s*", text)
    try:
        factor = float(parsed[1] or 1) if parsed else 0.0
    except ValueError:
        factor = 0.0
    if parsed is None or not 0 < factor < float("inf"):
        message = f"expected a number above 0, 'median', 'rms' or a multiple such as '0.5*median', got '{text}'"
        raise DeclarationError([("bandwidths", message)])
    return factor, parsed[2]


@says(exclusiveMinimum=0, minItems=1)
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
