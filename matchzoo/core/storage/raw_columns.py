"""The columns of a table as its file has them, not looked at yet: CSV and other text, parquet, feather and npy."""

from pathlib import Path
from typing import Any

import attrs
import numpy as np

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.delimited_text import number_of, read_text
from matchzoo.core.storage.table_format import TableFormat

TEXT = (".csv", ".tsv", ".txt", ".dat")
COLUMNAR = (".parquet", ".pq", ".feather", ".arrow")
SUFFIXES = (*TEXT, *COLUMNAR, ".npy")
"""Of the files that are read, in any case."""
UNNAMED = "Unnamed: "
"""What pandas calls a column without a name, with its number from 0."""


@attrs.frozen(eq=False)
class RawColumns:
    """The columns of a file.

    Attributes:
        names: one of each column; empty where it has none.
        are_named: whether the file has names of columns.
        numbers: of a column: values [n] (NaN where one is missing), or what is wrong and in which row, from 0.
        seen: how the file is written.
    """

    names: tuple[str, ...]
    are_named: bool
    numbers: tuple[Any, ...]
    seen: tuple[str, ...]

    @property
    def titles(self) -> list[str]:
        """What the columns are called: their names, numbers from 1 where the file has none, pandas' word for a name
        that is empty."""
        if not self.are_named:
            return [str(i + 1) for i in range(len(self.names))]
        return [name or f"{UNNAMED}{i}" for i, name in enumerate(self.names)]


def columns_of(path: Path, format: TableFormat, option: str) -> RawColumns:
    """The columns of a file; arguments and errors as `number_tables.read`."""
    if not path.is_file():
        raise MatchZooError(f"{path}: there is no such file")
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _of_array(path)
    if suffix in COLUMNAR:
        return _of_columns(path)
    if suffix not in TEXT:
        hint = "; save the sheet as CSV" if suffix in (".xls", ".xlsx", ".ods") else ""
        raise MatchZooError(f"{path}: expected a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file{hint}")
    return _of_text(path, format, option)


def _of_array(path: Path) -> RawColumns:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise MatchZooError(f"{path}: cannot be read as .npy ({error})") from None
    if not isinstance(values, np.ndarray) or values.ndim not in (1, 2) or values.dtype.kind not in "biuf":
        got = f"{values.dtype} of shape {values.shape}" if isinstance(values, np.ndarray) else "an archive of arrays"
        raise MatchZooError(f"{path}: expected numbers [n] or [n, d], got {got}")
    table = values.reshape(len(values), -1).astype(np.float64)
    return RawColumns(("",) * table.shape[1], False, tuple(table.T), ())


def _of_columns(path: Path) -> RawColumns:
    """The columns of a parquet or feather file."""
    from pyarrow import feather, parquet, types

    load: Any = parquet.read_table if path.suffix.lower() in (".parquet", ".pq") else feather.read_table
    try:
        table = load(path)
    except (OSError, ValueError, TypeError, NotImplementedError) as error:  # what pyarrow's own errors are
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise MatchZooError(f"{path}: cannot be read as {path.suffix[1:].lower()} ({reason})") from None

    def numbers(column: Any) -> Any:
        kind = column.type
        tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null)
        if not any(test(kind) for test in tests):
            name = str(kind).partition("<")[0]
            return 0, f"{column[0].as_py()} ({name})" if len(column) else name
        values = column.cast("int8") if types.is_boolean(kind) else column
        return np.asarray(values.cast("float64", safe=False).to_numpy(), np.float64)

    return RawColumns(tuple(table.column_names), True, tuple(map(numbers, table.columns)), ())


def _of_text(path: Path, format: TableFormat, option: str) -> RawColumns:
    text = read_text(path, format, option)
    width = len(text.rows[0]) if text.rows else len(text.columns)

    def numbers(index: int) -> Any:
        values = np.empty(len(text.rows))
        for number, row in enumerate(text.rows):
            value = number_of(row[index], text.decimal)
            if value is None:
                return number, row[index]
            values[number] = value
        return values

    return RawColumns(text.columns or ("",) * width, bool(text.columns), tuple(map(numbers, range(width))), text.seen)
