"""What commands of two tables of numbers share: their options, how the tables are read, and axes to draw them on."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import tyro

from matchzoo.core.errors import MatchZooError, did_you_mean
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


def check_weights(paths: Sequence[Path], name: str, format: TableFormat) -> None:
    """Raise unless one of some tables has a column of weights of that name (by number from 1 in tables without)."""
    from matchzoo.core.storage.raw_columns import columns_of

    titles = dict.fromkeys(title for path in paths for title in columns_of(path, format, "--").titles)
    if name not in titles:
        places = " or ".join(map(str, paths))
        raise MatchZooError(f"--weights: there is no column '{name}' in {places}{did_you_mean(name, titles)}")


def row_weights(path: Path, rows: "np.ndarray", name: str, format: TableFormat) -> "np.ndarray | None":
    """The weights [n] of a table's rows in a column of its file; None where it has no such column.

    Args:
        path: of the file.
        rows: of the file that the table has, from 0.
        name: of the column; its number from 1 in a table without names.
        format: how the file is read.

    Raises:
        MatchZooError: a row without a weight, or with something else than a finite number of at least 0.
    """
    import numpy as np

    from matchzoo.core.storage.label_column import labels_in

    cells = labels_in(path, name, format)
    if cells is None:
        return None
    weights = np.array([_weight(cells[row]) for row in rows])
    wrong = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
    if len(wrong):
        row, more = rows[wrong[0]], f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        got = "nothing" if cells[row] is None else f"'{cells[row]}'"
        what = f"row {row + 1}, column '{name}': expected a number of at least 0, got {got}{more}"
        raise MatchZooError(f"--weights: {path}: {what}; 0 leaves a row out")
    return weights


def _weight(cell: str | None) -> float:
    try:
        return float(cell or "nan")
    except ValueError:
        return float("nan")


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
