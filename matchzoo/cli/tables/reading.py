"""What commands of two tables of numbers share: their options, how the tables are read, and axes to draw them on."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import tyro

from matchzoo.core.storage.table_format import TableFormat

if TYPE_CHECKING:
    import numpy as np

    from matchzoo.core.storage.number_tables import Numbers

Format = Annotated[TableFormat, tyro.conf.OmitArgPrefixes, tyro.conf.UseAppendAction]
"""Options of a command that say how its tables are read."""


def read_tables(
    first: Path,
    second: Path,
    format: TableFormat,
    json: bool,
    names: tuple[str, str] = ("numerator", "denominator"),
    drop: Sequence[str] = (),
) -> "tuple[Numbers, Numbers]":
    """Two tables with the same columns; how they were read is printed, beside the result where that is for programs.

    Args:
        first: path of a table.
        second: path of the other one.
        format: how they are read.
        json: whether the result is for programs.
        names: what messages call the tables.
        drop: columns to leave out besides those of the format.
    """
    from matchzoo.core.storage.number_tables import read_pair

    whole: Any = format
    pair = read_pair(first, second, attrs.evolve(whole, drop=(*format.drop, *drop)), names=names)
    for table in pair:
        print(table.seen, file=sys.stderr if json else sys.stdout)
    return pair


def column_names(table: "Numbers") -> tuple[str, ...]:
    """The names of its columns, or their numbers."""
    return table.columns or tuple(f"column {i + 1}" for i in range(table.values.shape[1]))


def plane(
    values: "Sequence[np.ndarray]", names: Sequence[str], pooled: "np.ndarray"
) -> "tuple[list[np.ndarray], list[str]]":
    """Points of two coordinates [n, 2] for rows [n, d] of two columns or more, and what the axes are called: the
    columns where there are two, else the first two principal components of pooled rows [m, d]."""
    import numpy as np

    from matchzoo.core.storage.number_tables import constant

    if pooled.shape[1] == 2:
        return list(values), list(names)
    spread = np.where(constant(pooled), 1.0, pooled.std(0))
    scaled = (pooled - pooled.mean(0)) / spread
    axes = np.linalg.eigh(scaled.T @ scaled)[1][:, :-3:-1]
    return [(rows - pooled.mean(0)) / spread @ axes for rows in values], ["first principal component", "second"]
