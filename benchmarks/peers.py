"""Ours beside the peers' own code: seconds, memory and errors of the same work on the same numbers.

    pip install -e ".[peers]"
    python benchmarks/peers.py                  measure the rows that are missing (25 CPU minutes), then print the table
    python benchmarks/peers.py "KLIEP"          only rows whose name begins so, measured again
    python benchmarks/peers.py table

Every contender is a process of its own with one thread, so that memory is its own; contenders take turns on the same
data, one seed after the other, and nobody else computes meanwhile. Seconds are of the processor. Rows are in
`peers_rows.py`, what was measured in ``results/peers.json``.
"""

import argparse
import json
import statistics
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from peers_rows import ROWS, Row
from seeds import Results

from matchzoo.core.showing.text import markdown

STORE = Results("peers")
OURS = "matchzoo"
PACKAGES = {"plain torch": "torch", "matchzoo": "matchzoo-torch"}


class Contender:
    """A process that does the work of one contender when it is asked to."""

    def __init__(self, row: str, name: str) -> None:
        command = [sys.executable, str(Path(__file__).parent / "peers_rows.py"), row, name]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe)
        self.seconds: list[dict[str, float]] = []
        self.failed = ""

    def ask(self, line: str) -> dict[str, Any] | None:
        """Its answer to a line; None once it has failed."""
        if self.failed:
            return None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        while True:
            told = self.process.stdout.readline()
            if not told:
                errors = self.process.stderr.read() if self.process.stderr else ""
                self.failed = errors.strip().splitlines()[-1] if errors.strip() else "it ended"
                return None
            try:
                answer: dict[str, Any] = json.loads(told)
            except ValueError:
                continue  # what a package prints
            return answer

    def record(self) -> dict[str, Any]:
        """What is stored of it."""
        end = self.ask("end")
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()
        if end is None:
            return {"failed": self.failed}
        return {"cpu": [s["cpu"] for s in self.seconds], "clock": [s["clock"] for s in self.seconds], **end}


def measured(name: str, row: Row) -> dict[str, Any]:
    """The records of a row's contenders, by name."""
    contenders = {contender: Contender(name, contender) for contender in row.contenders}
    for seed in range(row.seeds):
        turns = list(contenders.values())
        for contender in turns if seed % 2 == 0 else reversed(turns):
            seconds = contender.ask(str(seed))
            if seconds is not None:
                contender.seconds.append(seconds)
    return {who: contender.record() | {"version": _version(who)} for who, contender in contenders.items()}


def _version(name: str) -> str:
    try:
        return version(PACKAGES.get(name, name))
    except PackageNotFoundError:
        return ""


def table() -> None:
    """Every row and contender: median and quartiles, ours as a share of each peer, memory, error."""
    heading = (
        "work",
        "code",
        "seconds of processor",
        "ours / peer",
        "memory, MB",
        "ours / peer",
        "error",
        "ours / peer",
    )
    lines: list[tuple[str, ...]] = [heading]
    for name in ROWS:
        for record in STORE.of(name, (0,)):
            mine = _numbers(record[OURS])
            for who, measurement in record.items():
                lines.append(
                    (name if who == OURS else "", f"{who} {measurement['version']}", *_cells(measurement, mine))
                )
    print(markdown(lines))
    print()
    meanings: dict[str, list[str]] = {}
    for name, row in ROWS.items():
        work = name.partition(",")[0]
        if row.error is not None and work not in meanings.setdefault(row.means, []):
            meanings[row.means].append(work)
    print(markdown([("error", "of"), *((means, ", ".join(works)) for means, works in meanings.items())]))


def _numbers(measurement: dict[str, Any]) -> tuple[float, float, float | None] | None:
    """Median seconds, memory and mean error; None of one that failed."""
    if "failed" in measurement:
        return None
    errors = measurement["errors"]
    return statistics.median(measurement["cpu"]), measurement["memory"], statistics.mean(errors) if errors else None


def _cells(measurement: dict[str, Any], mine: tuple[float, float, float | None] | None) -> tuple[str, ...]:
    numbers = _numbers(measurement)
    if numbers is None:
        return (measurement["failed"], "", "", "", "", "")
    seconds, memory, error = numbers
    spread = ""
    if len(measurement["cpu"]) > 1:
        low, _, high = statistics.quantiles(measurement["cpu"], n=4, method="inclusive")
        spread = f" ({low:.3g} to {high:.3g})"
    shares = ["", "", ""]
    if mine is not None and numbers is not mine and numbers != mine:
        shares[0] = f"{mine[0] / seconds:.2f}"
        shares[1] = f"{mine[1] / memory:.2f}" if memory > 0 else ""
        shares[2] = f"{mine[2] / error:.2f}" if error and mine[2] is not None else ""
    told = "" if error is None else f"{error:.3g}"
    return (f"{seconds:.3g}{spread}", shares[0], f"{memory:.0f}", shares[1], told, shares[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", default="", help="what names begin with, or table")
    given = parser.parse_args().rows
    missing = {row for _, row in STORE.missing((0,), list(ROWS))}
    chosen = [] if given == "table" else [n for n in ROWS if (n.startswith(given) if given else n in missing)]
    for name in chosen:
        print(name, flush=True)
        STORE.store(name, 0, measured(name, ROWS[name]))
    table()


if __name__ == "__main__":
    main()
