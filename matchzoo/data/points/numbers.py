"""Rows of a table of numbers: a CSV, parquet, feather or npy file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.progress import note
from matchzoo.core.spec import Units
from matchzoo.core.storage import number_tables
from matchzoo.core.storage.table_format import TableFormat
from matchzoo.data.data import Data, Loaded
from matchzoo.data.domains.held_out import check_groups, held_out
from matchzoo.data.points.named_columns import cells_of, numbered, refuse_missing
from matchzoo.data.reading.numbering import UNLABELED
from matchzoo.data.split import Split, stratified_by_group

OPTION = "--data.format."
"""What messages call an option of the format."""


@declare("numbers")
class NumberTable(Data):
    """Rows [d] of a table of numbers, standardized: less the mean of each column, over its standard deviation, both of
    the training rows alone.

    A generator that is trained on them keeps means, standard deviations and names, and gives rows in the table's own
    units. Every column is taken for a continuous one: whole numbers and 0/1 columns come out with fractions.

    A column may say the class of every row and another its domain, as text or numbers; neither is a coordinate. Then a
    share of every class in every domain is kept for testing. Rows of domains that are ``unlabeled`` need no label.
    """

    path: str
    """The file: .csv, .tsv, .txt, .parquet, .feather or .npy; ``~`` is the home folder."""
    test_path: str | None = None
    """A table of test rows with the same columns; a share of the table if not given."""
    test_share: float = attrs.field(default=0.2, validator=between(0, 1, open_high=True))
    """Share of the rows that is kept for testing, where there is no table of them; 0 for no test part."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""
    standardize: bool = True
    """Shift and scale each column; else its numbers are taken as they are."""
    label_column: str | None = None
    """Column of the classes, if there is one; its number from 1 in tables without names."""
    group_column: str | None = None
    """Column of the domains or other groups, if there is one."""
    others: tuple[str, ...] = ()
    """Groups (domains) that are no training samples but splits of their own, called as they are; the test samples of
    ``clinic`` are the split ``clinic-test``."""
    unlabeled: tuple[str, ...] = ()
    """Those of the others whose training samples have no labels; their test samples keep them."""
    format: TableFormat = attrs.Factory(TableFormat)
    """How the files are read, where that is not to be seen: heading, delimiter, decimal, skip_lines, drop, missing."""

    def load(self) -> Loaded:
        """Read the table; raises where a cell is not a number, or there are fewer than two training rows."""
        path = Path(self.path).expanduser()
        if not path.is_file():
            raise MatchZooError(f"data.path: there is no file {path}; say where yours is: --data.path people.csv")
        paths = [path] if self.test_path is None else [path, Path(self.test_path).expanduser()]
        parts, classes, groups = self._read(paths)
        if len(parts) == 1:
            parts = self._parted(parts[0])

        train = parts[0].of_groups([number for number, name in enumerate(groups) if name not in self.others])
        if len(train.values) < 2:
            raise DeclarationError([("data", f"expected at least 2 training rows, got {len(train.values)}")])
        units = self._units(path, train.values)

        splits = [
            Split(units.standardized(torch.from_numpy(part.values)).float(), part.labels, part.group)
            for part in parts
            if len(part.values)
        ]
        loaded = Loaded(splits[0], splits[1] if len(splits) > 1 else None, classes, groups, units=units)
        return held_out(loaded, self.others, self.unlabeled)

    def origin(self) -> dict[str, Any]:
        """How the files were read."""
        return {"tables": list(self.seen)}

    def _read(self, paths: Sequence[Path]) -> "tuple[list[_Rows], tuple[str, ...], tuple[str, ...]]":
        """The rows of each table, and the names of classes and groups; what was seen is told."""
        columns = {"label_column": self.label_column, "group_column": self.group_column}
        cells = {f: cells_of(paths, c, self.format, f"data.{f}", OPTION) for f, c in columns.items()}
        named = tuple(column for column in columns.values() if column is not None)
        format: TableFormat = attrs.evolve(cast(Any, self.format), drop=(*self.format.drop, *named))
        if len(paths) == 1:
            tables = [number_tables.read(paths[0], format, OPTION)]
        else:
            tables = list(number_tables.read_pair(paths[0], paths[1], format, OPTION))
        self.columns, self.seen = _names(tables[0]), [table.seen for table in tables]
        for line in self.seen:
            note(line)

        (classes, labels), (groups, group) = (
            numbered(paths, tables, texts, f"data.{field}") for field, texts in cells.items()
        )
        check_groups(groups, self.others, self.unlabeled)
        parts = [_Rows(table.values, *numbers) for table, *numbers in zip(tables, labels, group, strict=True)]
        free = torch.tensor([name in self.unlabeled for name in groups])
        for number, (path, table, part) in enumerate(zip(paths, tables, parts, strict=True)):
            if part.group is not None:
                remedy = "say the group of every row, or leave such rows out"
                refuse_missing(path, table, str(self.group_column), part.group == UNLABELED, remedy)
            if part.labels is not None:
                may_miss = free[part.group] if part.group is not None and number == 0 else torch.tensor(False)
                remedy = "leave such rows out, or name their group among data.unlabeled"
                refuse_missing(path, table, str(self.label_column), (part.labels == UNLABELED) & ~may_miss, remedy)
        return parts, classes, groups

    def _units(self, path: Path, train: np.ndarray) -> Units:
        """Names and units of the columns, by the training rows."""
        center, scale = np.zeros(train.shape[1]), np.ones(train.shape[1])
        if self.standardize:
            constant = number_tables.constant(train)
            with np.errstate(over="ignore", invalid="ignore"):
                center, scale = train.mean(0), np.where(constant, 1.0, train.std(0))
            names = [name for name, is_constant in zip(self.columns, constant, strict=True) if is_constant]
            if names:
                note(f"{path.name}: constant in the training rows: {', '.join(names[:8])}")
        if not (np.isfinite(center).all() and np.isfinite(scale).all()):
            raise MatchZooError(f"{path}: the numbers are too large for a mean and a standard deviation; rescale them")
        return Units(columns=self.columns, center=tuple(center.tolist()), scale=tuple(scale.tolist()))

    def _parted(self, rows: "_Rows") -> "list[_Rows]":
        """Training and test rows of a table, each in its order."""
        if self.test_share and (rows.labels is not None or rows.group is not None):
            zeros = torch.zeros(len(rows.values), dtype=torch.int64)
            labels, group = (zeros if names is None else names for names in (rows.labels, rows.group))
            first, second = stratified_by_group(labels, group, self.test_share, self.split_seed)
            return [rows.of(first), rows.of(second)]

        count = round(self.test_share * len(rows.values))
        if self.test_share and not 0 < count < len(rows.values):
            message = f"a share of {self.test_share} of {len(rows.values)} rows leaves a part without any; give another"
            raise DeclarationError([("data.test_share", message)])
        rng = torch.Generator().manual_seed(self.split_seed)
        order = torch.randperm(len(rows.values), generator=rng)
        return [rows.of(order[count:].sort().values), rows.of(order[:count].sort().values)]


@attrs.frozen(eq=False)
class _Rows:
    """Rows [n, d] float64 with their labels [n] and groups [n], where there are such."""

    values: np.ndarray
    labels: torch.Tensor | None = None
    group: torch.Tensor | None = None

    def of(self, rows: torch.Tensor) -> "_Rows":
        """Some of them [k], in that order."""
        labels, group = (None if names is None else names[rows] for names in (self.labels, self.group))
        return _Rows(self.values[rows.numpy()], labels, group)

    def of_groups(self, groups: Sequence[int]) -> "_Rows":
        """Those of some groups; all of them without groups."""
        return self if self.group is None else self.of(torch.isin(self.group, torch.tensor(groups)).nonzero().flatten())


def _names(table: number_tables.Numbers) -> tuple[str, ...]:
    return table.columns or tuple(f"column {i + 1}" for i in range(table.values.shape[1]))
