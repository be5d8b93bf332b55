"""Rows of users' own tables as numbers: arrays, tensors, data frames, with their columns' names."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.storage.number_tables import Numbers, same_columns

REMEDY = "drop or fill rows with missing values"


def numbers_of(table: Any, name: str) -> Numbers:
    """A table as float64 numbers [n, d], copied, with the names of its columns where it has such.

    Args:
        table: an array, a tensor or nested lists [n, d], [n] for a single column; a data frame (pandas, polars, an
            Arrow table), a structured array, or a mapping of columns by name. Booleans are 0 and 1.
        name: what messages call it.

    Raises:
        MatchZooError: what is not a number, with its row (from 0) and column; no rows; two columns of one name.
    """
    if isinstance(table, Numbers):
        return table
    columns = _named_columns(table)
    if columns is None:
        return Numbers(_matrix(table, name))

    titles = [str(title) for title, _ in columns]
    repeated = next((title for title in titles if titles.count(title) > 1), None)
    if repeated is not None:
        raise MatchZooError(f"{name}: column '{repeated}' is there {titles.count(repeated)} times; rename or drop one")
    read = [_column(cells, name, f"column '{title}'") for title, (_, cells) in zip(titles, columns, strict=True)]
    counts = {len(values): title for values, title in zip(read, titles, strict=True)}
    if len(counts) > 1:
        (a, first), (b, second), *_ = counts.items()
        raise MatchZooError(f"{name}: column '{first}' has {a} values, '{second}' has {b}")
    if not read or not len(read[0]):
        raise MatchZooError(f"{name}: no {'rows' if read else 'columns'}")
    return Numbers(np.stack(read, 1), tuple(titles))


def two_tables(numerator: Any, denominator: Any) -> tuple[Numbers, Numbers]:
    """Both tables as numbers, their columns matched by name where both have names, else by position."""
    return same_columns(numbers_of(numerator, "numerator"), numbers_of(denominator, "denominator"))


def rows_like(rows: Any, columns: tuple[str, ...], count: int) -> np.ndarray:
    """New rows [k, d] in the order of a table's columns; a vector of d > 1 values is a single row, and one of a single
    column k rows.

    Args:
        rows: as `numbers_of` takes them; also a data frame's row, or a mapping of single numbers by name.
        columns: of the table, by name; empty where it has none.
        count: how many columns the table has, d.

    Raises:
        MatchZooError: other columns, or another number of them.
    """
    shown = f"{count} columns ({', '.join(columns)})" if columns else f"{count} column{'s' if count > 1 else ''}"
    rows = _row_by_name(rows) if count > 1 and columns else rows
    if count > 1 and _is_vector(rows):
        length = np.size(rows) if np.ndim(rows) == 0 else len(rows)
        if length != count:
            raise MatchZooError(f"rows: expected {shown}, got a vector of {length}; a vector is a single row")
        rows = rows[None] if hasattr(rows, "detach") else [list(rows)]
    values = numbers_of(rows, "rows")

    if columns and values.columns:
        missing = [title for title in columns if title not in values.columns]
        extra = [title for title in values.columns if title not in columns]
        if missing:
            hint = did_you_mean(missing[0], values.columns)
            raise MatchZooError(f"rows: expected {shown}, found no '{missing[0]}'{hint}")
        if extra:
            raise MatchZooError(f"rows: expected {shown}, found '{extra[0]}' too; drop it")
        return same_columns(Numbers(np.empty((0, count)), columns), values)[1].values

    if values.values.shape[1] != count:
        raise MatchZooError(f"rows: expected {shown}, got {values.values.shape[1]}")
    return values.values


def _is_vector(rows: Any) -> bool:
    """Whether it is a vector (or a number) and not a table."""
    if _named_columns(rows) is not None:
        return False
    if isinstance(rows, list | tuple):
        return all(np.ndim(cell) == 0 for cell in rows)
    return getattr(rows, "ndim", 0) <= 1


def _row_by_name(rows: Any) -> Any:
    """A row of a data frame as a mapping: a named tuple, or a series whose index are names."""
    if hasattr(rows, "_asdict"):
        return rows._asdict()
    index = getattr(rows, "index", None)
    if index is None or callable(index) or getattr(rows, "ndim", 0) != 1:
        return rows
    titles = list(index)
    named = any(isinstance(title, str) for title in titles)
    return {str(title): cell for title, cell in zip(titles, rows, strict=True)} if named else rows


def _named_columns(table: Any) -> list[tuple[Any, Any]] | None:
    """Pairs of name and cells of what has names; None for arrays and lists."""
    if isinstance(table, Mapping):
        return [(title, np.atleast_1d(cells)) for title, cells in table.items()]
    if getattr(getattr(table, "dtype", None), "names", None):
        return [(title, table[title]) for title in table.dtype.names]
    if hasattr(table, "column_names"):  # Arrow, whose .columns are the cells
        return list(zip(table.column_names, table.columns, strict=True))
    if hasattr(table, "iloc") and hasattr(table, "columns"):  # pandas, by position: a name may be there twice
        return [(title, table.iloc[:, i]) for i, title in enumerate(table.columns)]
    if hasattr(table, "columns"):
        return [(title, table[title]) for title in table.columns]
    return None


def _matrix(table: Any, name: str) -> np.ndarray:
    """Numbers [n, d] of what has no names."""
    if hasattr(table, "toarray"):
        raise MatchZooError(f"{name}: is a sparse matrix; give {name}.toarray()")
    if hasattr(table, "detach"):
        table = table.detach().cpu()
        table = table.numpy() if str(table.dtype) != "torch.bfloat16" else table.float().numpy()
    try:
        array = table if isinstance(table, np.ndarray) else np.asarray(table)
    except ValueError:
        raise MatchZooError(f"{name}: expected rows of equal length [n, d], got rows of different lengths") from None
    if array.ndim == 0 and array.dtype.kind != "O":
        array = array[None]
    if array.ndim not in (1, 2) or not array.size:
        got = f"shape {array.shape}" if array.ndim else type(table).__name__
        raise MatchZooError(f"{name}: expected numbers [n, d], got {got}")

    columns = [array] if array.ndim == 1 else list(array.T)
    titles = [f"column {i} (from 0)" for i in range(len(columns))] if len(columns) > 1 else [""]
    return np.stack([_column(cells, name, title) for cells, title in zip(columns, titles, strict=True)], 1)


def _column(cells: Any, name: str, title: str) -> np.ndarray:
    """The cells [n] of a column as finite float64 numbers."""
    array = cells if isinstance(cells, np.ndarray) else np.asarray(cells)
    where = f"{name}: {title}" if title else name
    if array.ndim != 1:
        raise MatchZooError(f"{where}: expected one number a row, got shape {array.shape}")
    if array.dtype.kind in "Mm":
        raise MatchZooError(f"{where}: holds dates or times ({array.dtype}); turn them into numbers, or drop it")
    if array.dtype.kind == "c":
        raise MatchZooError(f"{where}: holds complex numbers; give the real and the imaginary part")

    if array.dtype.kind in "biuf":
        values = array.astype(np.float64)
    else:
        values = np.array([_number(cell, row, where) for row, cell in enumerate(array)], dtype=np.float64)
    if isinstance(array, np.ma.MaskedArray):
        values = np.ma.filled(values, np.nan)

    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        value = "masked" if np.ma.is_masked(array[wrong[0]]) else str(array[wrong[0]])
        raise MatchZooError(f"{where}: row {wrong[0]} (from 0) is {value}{more}; {REMEDY}")
    return values


def _number(cell: Any, row: int, where: str) -> float:
    """A cell of a column of objects or text as a number; NaN where it is missing."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return float("nan")
    try:
        return float(cell)
    except (TypeError, ValueError):
        shown = f"'{cell}'" if isinstance(cell, str) else f"{cell!r} ({type(cell).__name__})"
        raise MatchZooError(
            f"{where}: row {row} (from 0): expected a number, got {shown}; encode or drop columns that are no numbers"
        ) from None
