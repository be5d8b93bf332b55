"""The labels in a column of a table: text or numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.storage.delimited_text import MISSING, number_of, read_text
from matchzoo.core.storage.raw_columns import COLUMNAR, columns_of
from matchzoo.core.storage.table_format import TableFormat


def labels_in(path: Path, name: str, format: TableFormat, option: str = "--") -> list[str | None] | None:
    """The labels [n] of a column, as text, whole numbers without a point; None for a missing one.

    None altogether if the table has no such column.

    Args:
        path: of the file.
        name: of the column; its number from 1 in a table without names.
        format: how the file is to be read.
        option: what the options of ``format`` begin with, for messages.
    """
    raw = columns_of(path, format, option)
    if name not in raw.titles:
        return None
    index = raw.titles.index(name)
    column = raw.numbers[index]
    if not isinstance(column, tuple):
        return [None if value != value else f"{value:.17g}" for value in column.tolist()]
    if path.suffix.lower() in COLUMNAR:
        return [None if cell is None else str(cell) for cell in _cells(path, index)]
    text = read_text(path, format, option)
    return [_label(row[index], text.decimal) for row in text.rows]


def required_labels(path: Path, name: str, format: TableFormat, option: str = "--") -> list[str | None]:
    """`labels_in`; a `MatchZooError` if the table has no such column."""
    labels = labels_in(path, name, format, option)
    if labels is None:
        titles: Sequence[str] = columns_of(path, format, option).titles
        hint = did_you_mean(name, titles)
        raise MatchZooError(f"{option}label: {path}: there is no column '{name}'{hint}; it has {', '.join(titles)}")
    return labels


def _label(cell: str, decimal: str) -> str | None:
    if cell.lower() in MISSING:
        return None
    value = number_of(cell, decimal)
    return cell if value is None else f"{value:.17g}"


def _cells(path: Path, index: int) -> list[Any]:
    from pyarrow import feather, parquet

    load: Any = parquet.read_table if path.suffix.lower() in (".parquet", ".pq") else feather.read_table
    cells: list[Any] = load(path).column(index).to_pylist()
    return cells
