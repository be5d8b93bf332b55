"""What benchmarks over seeds share: results that are stored run by run, means with standard errors, and a command."""

import argparse
import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage import files

HERE = Path(__file__).parent


class Results:
    """What was measured, by row and seed, in ``results/NAME.json``: a stopped benchmark goes on where it was."""

    def __init__(self, name: str) -> None:
        self.name, self.path = name, HERE / f"results/{name}.json"
        self.records = self.stored()

    def stored(self) -> dict[str, Any]:
        """All records of the file."""
        records: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else {}
        return records

    def missing(self, seeds: Iterable[int], rows: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Seeds and rows that have no record, seed by seed."""
        return ((seed, row) for seed in seeds for row in rows if key(row, seed) not in self.records)

    def store(self, row: str, seed: int, record: Any) -> None:
        """Write the record of a row and a seed, beside those that other processes have written since."""
        self.records |= self.stored()
        self.records[key(row, seed)] = record
        files.write_json(self.path, self.records)

    def of(self, row: str, seeds: Iterable[int]) -> list[Any]:
        """The records of a row, of those seeds that were measured."""
        return [self.records[key(row, seed)] for seed in seeds if key(row, seed) in self.records]


def key(row: str, seed: int) -> str:
    """The name of a row and a seed in the file of results; the seed alone where there is one row without a name."""
    return f"{row} {seed}".strip()


def folder_of(row: str, seed: int) -> str:
    """The name of the folder of a row and a seed."""
    return key(row, seed).replace(",", "").replace(" ", "-")


def mean_and_error(values: Sequence[float], form: str = ".1f", kind: Literal["±", "se"] = "±") -> str:
    """Mean ± standard error over seeds, or (``se``) over draws of one training; the mean alone of a single value."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return with_spread(statistics.mean(values), error, form, kind)


def command(description: str | None, name: str, measure: Callable[[Path], None], *tables: Callable[[], None]) -> None:
    """Run a benchmark: ``measure`` (which ``table`` leaves out), then print the tables.

    Args:
        description: for ``--help``.
        name: of the folder of runs under ``runs/benchmarks``.
        measure: takes that folder, and runs what is missing.
        tables: that are printed.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks") / name)
    given = parser.parse_args()
    if given.what == "measure":
        measure(given.output)
    for table in tables:
        table()
