"""Tables of numbers that users bring: CSV with or without heading, and npy."""

import csv
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from matchzoo.core.errors import MatchZooError, did_you_mean


@attrs.frozen(eq=False)
class Numbers:
    """A table of numbers.

    Attributes:
        values: [n, d] float64, finite.
        columns: their names; empty where the file has no heading.
    """

    values: np.ndarray
    columns: tuple[str, ...] = ()


def read(path: Path) -> Numbers:
    """A ``.npy`` file ([n] or [n, d]) or a text table: CSV with or without heading, separated by , ; or tabs.

    Raises:
        MatchZooError: what cannot be read, with its row and column.
    """
    if not path.is_file():
        raise MatchZooError(f"{path}: there is no such file")
    if path.suffix == ".npy":
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise MatchZooError(f"{path}: cannot be read as .npy ({error})") from None
        if values.ndim not in (1, 2) or values.dtype.kind not in "biuf":
            raise MatchZooError(f"{path}: expected numbers [n] or [n, d], got {values.dtype} of shape {values.shape}")
        table = Numbers(values.reshape(len(values), -1).astype(np.float64))
    elif path.suffix in (".csv", ".tsv", ".txt"):
        table = _read_text(path)
    else:
        raise MatchZooError(f"{path}: expected a .csv, .tsv, .txt or .npy file")
    if not table.values.size:
        raise MatchZooError(f"{path}: no rows")
    wrong = np.argwhere(~np.isfinite(table.values))
    if len(wrong):
        row, column = wrong[0]
        raise MatchZooError(
            f"{path}: row {row + 1}, {_title(table.columns, column)} is {table.values[row, column]}; drop or fill rows "
            "with missing values"
        )
    return table


def _read_text(path: Path) -> Numbers:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MatchZooError(f"{path}: cannot be read as text in UTF-8 ({error})") from None
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    if not rows:
        raise MatchZooError(f"{path}: is empty")
    heading = () if all(_is_number(cell) for cell in rows[0]) else tuple(rows[0])
    body = rows[1:] if heading else rows
    values = np.empty((len(body), len(rows[0])))
    for number, row in enumerate(body):
        if len(row) != len(rows[0]):
            raise MatchZooError(f"{path}: row {number + 1} has {len(row)} values, expected {len(rows[0])}")
        for column, cell in enumerate(row):
            if not _is_number(cell):
                raise MatchZooError(
                    f"{path}: row {number + 1}, {_title(heading, column)}: expected a number, got '{cell}'; encode or "
                    "drop columns that are no numbers"
                )
            values[number, column] = float(cell)
    return Numbers(values, heading)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _title(columns: Sequence[str], column: int) -> str:
    return f"column '{columns[column]}'" if columns else f"column {column + 1}"


def same_columns(numerator: Numbers, denominator: Numbers) -> tuple[Numbers, Numbers]:
    """Both tables with their columns in the numerator's order; raises where they are not of the same."""
    n, d = numerator, denominator
    if n.columns and d.columns:
        lacking = [name for name in n.columns if name not in d.columns]
        extra = [name for name in d.columns if name not in n.columns]
        if lacking or extra:
            hint = did_you_mean(lacking[0], d.columns) if lacking else ""
            what = f"'{lacking[0]}' is not in the denominator" if lacking else f"'{extra[0]}' is not in the numerator"
            raise MatchZooError(f"the tables have different columns: {what}{hint}")
        order = [d.columns.index(name) for name in n.columns]
        return n, Numbers(d.values[:, order], n.columns)
    if n.values.shape[1] != d.values.shape[1]:
        counts = f"{n.values.shape[1]} and {d.values.shape[1]}"
        raise MatchZooError(f"the tables have different numbers of columns: {counts}")
    columns = n.columns or d.columns
    return Numbers(n.values, columns), Numbers(d.values, columns)


def constant(rows: np.ndarray) -> np.ndarray:
    """Which columns of a table [n, d] hold one value, but for the last bits of it; [d] bool.

    Not where the standard deviation is 0: the mean of a constant is rounded, so that it seldom is.
    """
    constant: np.ndarray = np.ptp(rows, 0) <= 8 * np.finfo(float).eps * np.abs(rows).max(0)
    return constant
