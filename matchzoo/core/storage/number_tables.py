"""Tables of numbers that users bring and take: CSV and other text, parquet, feather and npy."""

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.storage import files
from matchzoo.core.storage.delimited_text import number_of
from matchzoo.core.storage.raw_columns import COLUMNAR, UNNAMED, RawColumns, columns_of
from matchzoo.core.storage.table_format import TableFormat

WRITTEN = (".csv", ".tsv", ".parquet", ".feather", ".npy")
"""Of the files that are written."""
INDEX = "__index_level_"
"""How the names of columns begin in which pandas keeps the names of rows in parquet files."""
PAIR = ("numerator", "denominator")
"""What messages call two tables."""


@attrs.frozen(eq=False)
class Numbers:
    """A table of numbers.

    Attributes:
        values: [n, d] float64, finite.
        columns: their names, no two alike; empty where the file has none.
        rows: [n] int64, the row of the file that each row is, from 0; others had missing values.
        count: rows of the file.
        seen: how the file was read, in words.
    """

    values: np.ndarray
    columns: tuple[str, ...] = ()
    rows: np.ndarray = attrs.field(factory=lambda: np.empty(0, np.int64))
    count: int = 0
    seen: str = ""

    def in_rows_of_file(self, values: np.ndarray) -> np.ndarray:
        """Values [n] of the rows as [count], one of each row of the file: NaN where that was left out."""
        if len(self.rows) == self.count:
            return values
        whole = np.full(self.count, np.nan)
        whole[self.rows] = values
        return whole


def read(path: Path, format: TableFormat | None = None, option: str = "--") -> Numbers:
    """A table of numbers: text (CSV, with or without a heading), parquet, feather, or ``.npy`` ([n] or [n, d]).

    Args:
        path: of the file.
        format: how it is to be read, where the file does not say it.
        option: what the options of ``format`` begin with where they are given, for messages.

    Raises:
        MatchZooError: what cannot be read, with its row and column; or can be read in two ways; with the remedy.
    """
    format = format or TableFormat()
    raw = columns_of(path, format, option)
    _refuse_unknown(format.drop, [(path, raw)])
    return _numbers(path, raw, format, option)


def read_pair(
    numerator: Path,
    denominator: Path,
    format: TableFormat | None = None,
    option: str = "--",
    names: tuple[str, str] = PAIR,
) -> tuple[Numbers, Numbers]:
    """Two tables with the same columns, in the order of the first (`same_columns`); each is read as `read` does, and a
    column to leave out may be in one of them only.

    Raises:
        MatchZooError: as `read` and `same_columns`.
    """
    format = format or TableFormat()
    raws = [(path, columns_of(path, format, option)) for path in (numerator, denominator)]
    _refuse_unknown(format.drop, raws)
    first, second = (_numbers(path, raw, format, option) for path, raw in raws)
    return same_columns(first, second, names)


def write(path: Path, values: np.ndarray, columns: Sequence[str] = ()) -> None:
    """Write a table [n, d], whole or not at all, as the suffix says: ``.csv``, ``.tsv``, ``.parquet``, ``.feather`` or
    ``.npy``, which has no names.

    Raises:
        MatchZooError: of another suffix, or it cannot be written.
    """
    check_suffix(path)
    names = columns or tuple(f"column {i + 1}" for i in range(values.shape[1]))
    suffix = path.suffix.lower()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".npy":
            files.write_with(path, functools.partial(np.save, arr=values))
        elif suffix in COLUMNAR:
            from pyarrow import feather, parquet, table

            held = table({name: values[:, i] for i, name in enumerate(names)})
            store: Any = parquet.write_table if suffix == ".parquet" else feather.write_feather
            files.write_with(path, lambda temporary: store(held, str(temporary)))
        else:
            files.write_text(path, as_text(values, names, "\t" if suffix == ".tsv" else ","))
    except OSError as error:
        raise MatchZooError(f"{path}: cannot be written ({error.strerror}); give another place") from None


def check_suffix(path: Path) -> None:
    """Raise unless a table can be written to a file of that name."""
    if path.suffix.lower() not in WRITTEN:
        raise MatchZooError(f"{path}: expected a file that ends in one of {', '.join(WRITTEN)}")


def as_text(values: np.ndarray, columns: Sequence[str], separator: str = ",") -> str:
    """A table [n, d] as text with a heading, every number to its last digit."""

    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"' if {separator, '"', "\n", "\r"} & set(name) else name

    lines = [separator.join(map(quoted, columns)), *(separator.join(map(repr, row)) for row in values.tolist())]
    return "\n".join(lines) + "\n"


def _refuse_unknown(drop: Sequence[str], raws: Sequence[tuple[Path, RawColumns]]) -> None:
    """Raise where a column that is to be left out is in none of the tables."""
    known = {title for _, raw in raws for title in raw.titles}
    unknown = [name for name in drop if name not in known]
    if unknown:
        raise MatchZooError(f"drop: {raws[0][0]}: there is no column '{unknown[0]}'{did_you_mean(unknown[0], known)}")


def _numbers(path: Path, raw: RawColumns, format: TableFormat, option: str) -> Numbers:
    """The numbers of a file, checked."""
    kept = [(title, column) for title, column in zip(raw.titles, raw.numbers, strict=True) if title not in format.drop]
    names = [title for title, _ in kept]
    if raw.are_named:
        _refuse_names(path, names, option)
    if not kept:
        raise MatchZooError(f"{path}: no columns")
    _refuse_text(path, raw.are_named, kept, option)

    values = np.stack([column for _, column in kept], 1)
    if not len(values):
        raise MatchZooError(f"{path}: no rows")
    missing = np.isnan(values)
    _check_missing(path, raw.are_named, names, missing, format, option)
    rows = np.flatnonzero(~missing.any(1))
    infinite = np.argwhere(np.isinf(values))
    if len(infinite):
        row, column = infinite[0]
        place = f"row {row + 1}, {_column(raw.are_named, names[column])}"
        raise MatchZooError(f"{path}: {place} is {values[row, column]}; expected finite numbers")

    dropped = len(values) - len(rows)
    words = [f"{len(rows)} row{'s' * (len(rows) != 1)} of {len(kept)} column{'s' * (len(kept) != 1)}", *raw.seen]
    words += [f"without {', '.join(format.drop)}"] if len(kept) < len(raw.names) else []
    words += [f"{dropped} row{'s' * (dropped != 1)} with missing values left out"] if dropped else []
    counting = [name for name in names if raw.are_named and _counts(values[:, names.index(name)])]
    words += [f"column '{counting[0]}' counts the rows: measured, or {option}drop '{counting[0]}'?"] if counting else []
    columns = tuple(names) if raw.are_named else ()
    return Numbers(values[rows], columns, rows, len(values), f"{path.name}: {', '.join(words)}")


def _refuse_names(path: Path, names: Sequence[str], option: str) -> None:
    """Raise where a column has no name, is an index of pandas, or has the name of another one."""
    for name in names:
        if name.startswith((UNNAMED, INDEX)):
            number = name.removeprefix(UNNAMED)
            what = f"column {int(number) + 1} has no name" if number.isdecimal() else f"column '{name}'"
            raise MatchZooError(
                f"{path}: {what}: pandas writes the index of rows so, unless told index=False; leave it out with "
                f"{option}drop '{name}', or give it a name"
            )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        places = " and ".join(str(i + 1) for i, name in enumerate(names) if name == twice)
        raise MatchZooError(
            f"{path}: columns {places} are both called '{twice}'; rename one, or leave them out with {option}drop "
            f"'{twice}'"
        )


def _refuse_text(path: Path, named: bool, kept: Sequence[tuple[str, Any]], option: str) -> None:
    """Raise where a column has something that is not a number."""
    texts = [(title, *column) for title, column in kept if isinstance(column, tuple)]
    if not texts:
        return
    title, row, cell = texts[0]
    flags = " ".join(f"{option}drop '{name}'" for name, *_ in texts)
    hints = [f"encode or drop such columns: {flags}"]
    if len(texts) == len(kept) and row == 0 and len(kept) > 1:
        hints = ["is it a line of units, or a title above the heading? Remove it"]
    elif "," in cell and number_of(re.sub(r"[.\s'’]", "", cell), ",") is not None:
        hints.append(f"decimal commas are read with {option}decimal , and separators of thousands are not")
    shown = cell if len(cell) <= 40 else cell[:39] + "…"
    raise MatchZooError(
        f"{path}: row {row + 1}, {_column(named, title)}: expected a number, got '{shown}'; {'; '.join(hints)}"
    )


def _check_missing(
    path: Path, named: bool, names: Sequence[str], missing: np.ndarray, format: TableFormat, option: str
) -> None:
    """Raise where values are missing, and not to be left out with their rows."""
    if not missing.any():
        return
    empty = np.flatnonzero(missing.all(0))
    if len(empty):
        what = f"{_column(named, names[empty[0]])} is empty in every row"
        raise MatchZooError(f"{path}: {what}; leave it out with {option}drop '{names[empty[0]]}'")
    rows = int(missing.any(1).sum())
    row, column = np.argwhere(missing)[0]
    place, share = f"row {row + 1}, {_column(named, names[column])}", f"{rows} of {len(missing)} rows"
    if rows == len(missing):
        raise MatchZooError(f"{path}: {place} is missing, and so is a value in every row; fill them, or drop columns")
    if format.missing == "refuse":
        remedy = f"fill them, or leave such rows out with {option}missing drop"
        raise MatchZooError(f"{path}: {place} is missing, and values of {share} in all; {remedy}")


def _counts(column: np.ndarray) -> bool:
    """Whether a column is 0, 1, 2, … or 1, 2, 3, … over at least ten rows."""
    return len(column) >= 10 and column[0] in (0, 1) and bool((np.diff(column) == 1).all())


def _column(named: bool, title: str) -> str:
    return f"column '{title}'" if named else f"column {title}"


def same_columns(numerator: Numbers, denominator: Numbers, names: tuple[str, str] = PAIR) -> tuple[Numbers, Numbers]:
    """Both tables with their columns in the numerator's order; raises where they are not of the same. ``names`` is what
    messages call the two."""
    n, d = numerator, denominator
    if n.columns and d.columns:
        lacking = [name for name in n.columns if name not in d.columns]
        extra = [name for name in d.columns if name not in n.columns]
        if lacking or extra:
            hint = did_you_mean(lacking[0], d.columns) if lacking else ""
            name, place = (lacking[0], names[1]) if lacking else (extra[0], names[0])
            what = f"'{name}' is not in the {place}"
            raise MatchZooError(f"the tables have different columns: {what}{hint}")
        order = [d.columns.index(name) for name in n.columns]
        return n, attrs.evolve(d, values=d.values[:, order], columns=n.columns)
    if n.values.shape[1] != d.values.shape[1]:
        counts = f"{n.values.shape[1]} and {d.values.shape[1]}"
        raise MatchZooError(f"the tables have different numbers of columns: {counts}")
    columns = n.columns or d.columns
    if columns:
        of_other = ", columns by their order: only the other table has names"
        n = n if n.columns else attrs.evolve(n, columns=columns, seen=n.seen + of_other)
        d = d if d.columns else attrs.evolve(d, columns=columns, seen=d.seen + of_other)
    return n, d


def constant(rows: np.ndarray) -> np.ndarray:
    """Which columns of a table [n, d] hold one value, but for the last bits of it; [d] bool.

    Not where the standard deviation is 0: the mean of a constant is rounded, so that it seldom is.
    """
    constant: np.ndarray = np.ptp(rows, 0) <= 8 * np.finfo(float).eps * np.abs(rows).max(0)
    return constant
