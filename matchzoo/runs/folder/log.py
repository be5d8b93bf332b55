"""The log of a run, ``metrics.jsonl``: a record every few steps, one a line."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files

THOROUGH = 10
"""Every so many records hold the diagnostics that are expensive as well."""


class RunLog:
    """The log in the folder of a run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "metrics.jsonl"

    def cut(self, step: int) -> None:
        """Leave out what is later than a step; makes the file where there is none."""
        kept = [line for number, line in self._lines() if number <= step]
        files.write_text(self.path, "".join(f"{line}\n" for line in kept))

    def reopen(self, step: int, every: int) -> None:
        """Make the last record, that of the end of a run of so many steps, what it is in a longer one: there is none
        but every so many steps, and only some have the diagnostics that are expensive."""
        lines = [json.loads(line) for _, line in self._lines()]
        if not lines or lines[-1]["step"] != step or step == 1 or step % (THOROUGH * every) == 0:
            return
        last = lines.pop()
        if step % every == 0:
            plain = [line for line in lines if line["step"] != 1 and line["step"] % (THOROUGH * every)]
            kept = set(last) if not plain else {key for line in plain for key in line}
            lines.append({key: value for key, value in last.items() if key in kept})
        files.write_text(self.path, "".join(f"{json.dumps(line)}\n" for line in lines))

    def open(self) -> IO[str]:
        """The file, to append to."""
        return self.path.open("a", encoding="utf-8")

    @staticmethod
    def record(step: int, numbers: Mapping[str, float]) -> dict[str, Any]:
        """A record of the numbers that are finite: JSON has no others."""
        return {"step": step, **{name: number for name, number in numbers.items() if math.isfinite(number)}}

    def records(self) -> list[dict[str, Any]]:
        """All records, in the order of steps."""
        return [json.loads(line) for _, line in self._lines()]

    def last(self) -> dict[str, Any]:
        """The last record; empty if there is none."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        last: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return last

    def _lines(self) -> list[tuple[int, str]]:
        """Lines with their steps; a last one that was cut off is left out."""
        if not self.path.is_file():
            return []
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        numbered: list[tuple[int, str]] = []
        for number, line in enumerate(lines, 1):
            try:
                numbered.append((int(json.loads(line)["step"]), line))
            except (ValueError, KeyError, TypeError, RecursionError):
                if number < len(lines):
                    message = f"{self.path}, line {number}: is damaged; fix the line, or remove it"
                    raise MatchZooError(message) from None
        return numbered
