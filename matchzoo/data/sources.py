"""What data are made of: those that are combined, shifted or dealt to environments."""

from typing import Any, cast

import attrs

from matchzoo.core.declaration.structuring import kind_of
from matchzoo.core.errors import DeclarationError
from matchzoo.data.data import Data


def direct_sources(data: Data) -> list[Data]:
    """The data that are among the fields of some data, by themselves or in a table by name."""
    values = [getattr(data, field.name) for field in attrs.fields(cast(Any, type(data)))]
    parts = [part for value in values for part in (value.values() if isinstance(value, dict) else (value,))]
    return [part for part in parts if isinstance(part, Data)]


def single_sources(data: Data) -> list[Data]:
    """The data themselves, or those that they are made of in the end."""
    return [source for part in direct_sources(data) for source in single_sources(part)] or [data]


def resized(data: Data, size: int) -> Data:
    """The same data with another ``size``: their own, or that of all data that they are made of.

    Args:
        data: is left as it is.
        size: pixels a side.

    Raises:
        DeclarationError: nothing in them is read at a size.
    """
    values = {name: getattr(data, name) for name in attrs.fields_dict(cast(Any, type(data)))}
    if "size" in values:
        return attrs.evolve(cast(Any, data), size=size)
    if not direct_sources(data):
        raise DeclarationError([("size", f"data of kind '{kind_of(data)}' are read as they are; leave it out")])

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: changed(part) for name, part in value.items()}
        return resized(value, size) if isinstance(value, Data) else value

    return attrs.evolve(cast(Any, data), **{name: changed(value) for name, value in values.items()})
