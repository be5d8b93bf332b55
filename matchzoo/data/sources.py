"""What data are made of: those that are combined, shifted or dealt to environments."""

from typing import Any, cast

import attrs

from matchzoo.data.data import Data


def direct_sources(data: Data) -> list[Data]:
    """The data that are among the fields of some data, by themselves or in a table by name."""
    values = [getattr(data, field.name) for field in attrs.fields(cast(Any, type(data)))]
    parts = [part for value in values for part in (value.values() if isinstance(value, dict) else (value,))]
    return [part for part in parts if isinstance(part, Data)]


def single_sources(data: Data) -> list[Data]:
    """The data themselves, or those that they are made of in the end."""
    return [source for part in direct_sources(data) for source in single_sources(part)] or [data]
