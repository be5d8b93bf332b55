"""Columns of tables of numbers that name something of every row: its class, its domain."""

from collections.abc import Sequence
from pathlib import Path

import torch

from matchzoo.core.class_names import sort_names
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.storage.label_column import labels_in
from matchzoo.core.storage.number_tables import Numbers
from matchzoo.core.storage.raw_columns import columns_of
from matchzoo.core.storage.table_format import TableFormat
from matchzoo.data.reading.numbering import UNLABELED

Cells = list[list[str | None]]
"""Of a column in each of several tables, a text for every row of the file; None where it is missing."""


def cells_of(paths: Sequence[Path], column: str | None, format: TableFormat, field: str, option: str) -> Cells | None:
    """The cells of a column; None without a column.

    Args:
        paths: of the tables.
        column: its name; its number from 1 in tables without names.
        format: how the files are read.
        field: of the recipe, for messages.
        option: what the options of ``format`` begin with, for messages.

    Raises:
        MatchZooError: a table has no such column.
    """
    if column is None:
        return None
    cells: Cells = []
    for path in paths:
        found = labels_in(path, column, format, option)
        if found is None:
            hint = did_you_mean(column, columns_of(path, format, option).titles)
            raise MatchZooError(f"{field}: {path}: there is no column '{column}'{hint}")
        cells.append(found)
    return cells


def numbered(
    paths: Sequence[Path], tables: Sequence[Numbers], cells: Cells | None, field: str
) -> tuple[tuple[str, ...], list[torch.Tensor | None]]:
    """What a column names, in the order of `sort_names`, and for each table the numbers [n] int64 of these names, of
    the rows that were kept; `UNLABELED` where a cell is missing. Nothing without cells.

    Raises:
        MatchZooError: a later table names what the first does not.
    """
    if cells is None:
        return (), [None] * len(tables)
    kept = [[texts[row] for row in table.rows] for texts, table in zip(cells, tables, strict=True)]
    names = sort_names(text for text in kept[0] if text is not None)
    places = {name: number for number, name in enumerate(names)}
    for path, texts in zip(paths, kept, strict=True):
        odd = next((text for text in texts if text is not None and text not in places), None)
        if odd is not None:
            raise MatchZooError(f"{field}: {path}: '{odd}' is not in that column of {paths[0].name}")
    return names, [torch.tensor([UNLABELED if t is None else places[t] for t in texts]) for texts in kept]


def refuse_missing(path: Path, table: Numbers, column: str, rows: torch.Tensor, remedy: str) -> None:
    """Raise where rows [n] (bool) of a table have no value in a column that names something."""
    if rows.any():
        first = int(table.rows[int(rows.nonzero()[0])]) + 1
        raise MatchZooError(
            f"{path}: row {first} has nothing in column '{column}' ({int(rows.sum())} rows in all); {remedy}"
        )
