"""Rows of a table of numbers: a CSV, parquet, feather or npy file."""

from pathlib import Path
from typing import Any

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
from matchzoo.data.split import Split

OPTION = "--data.format."
"""What messages call an option of the format."""


@declare("numbers")
class NumberTable(Data):
    """Rows [d] of a table of numbers, standardized: less the mean of each column, over its standard deviation, both of
    the training rows alone.

    A generator that is trained on them keeps means, standard deviations and names, and gives rows in the table's own
    units. Every column is taken for a continuous one: whole numbers and 0/1 columns come out with fractions.
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
    format: TableFormat = attrs.Factory(TableFormat)
    """How the files are read, where that is not to be seen: heading, delimiter, decimal, skip_lines, drop, missing."""

    def load(self) -> Loaded:
        """Read the table; raises where a cell is no number, or there are fewer than two training rows."""
        path = Path(self.path).expanduser()
        if not path.is_file():
            raise MatchZooError(f"data.path: there is no file {path}; say where yours is: --data.path people.csv")
        if self.test_path is None:
            table = number_tables.read(path, self.format, OPTION)
            train, test = self._parted(table.values)
            self.seen = [table.seen]
        else:
            pair = number_tables.read_pair(path, Path(self.test_path).expanduser(), self.format, OPTION)
            table, (train, test) = pair[0], (one.values for one in pair)
            self.seen = [one.seen for one in pair]
        for line in self.seen:
            note(line)

        if len(train) < 2:
            raise DeclarationError([("data", f"expected at least 2 training rows, got {len(train)}")])
        center, scale = np.zeros(train.shape[1]), np.ones(train.shape[1])
        if self.standardize:
            constant = number_tables.constant(train)
            with np.errstate(over="ignore", invalid="ignore"):
                center, scale = train.mean(0), np.where(constant, 1.0, train.std(0))
            names = [name for name, is_constant in zip(_names(table), constant, strict=True) if is_constant]
            if names:
                note(f"{path.name}: constant in the training rows: {', '.join(names[:8])}")
        if not (np.isfinite(center).all() and np.isfinite(scale).all()):
            raise MatchZooError(f"{path}: the numbers are too large for a mean and a standard deviation; rescale them")

        units = Units(columns=_names(table), center=tuple(center.tolist()), scale=tuple(scale.tolist()))

        def split(rows: np.ndarray) -> Split:
            return Split(units.standardized(torch.from_numpy(rows)).float())

        return Loaded(split(train), split(test) if len(test) else None, units=units)

    def origin(self) -> dict[str, Any]:
        """How the files were read."""
        return {"tables": list(self.seen)}

    def _parted(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Training and test rows of a table, each in its order."""
        count = round(self.test_share * len(rows))
        if self.test_share and not 0 < count < len(rows):
            message = f"a share of {self.test_share} of {len(rows)} rows leaves a part without any; give another"
            raise DeclarationError([("data.test_share", message)])
        rng = torch.Generator().manual_seed(self.split_seed)
        order = torch.randperm(len(rows), generator=rng).numpy()
        return rows[np.sort(order[count:])], rows[np.sort(order[:count])]


def _names(table: number_tables.Numbers) -> tuple[str, ...]:
    return table.columns or tuple(f"column {i + 1}" for i in range(table.values.shape[1]))
