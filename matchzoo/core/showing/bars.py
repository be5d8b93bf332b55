"""Bars of work on a terminal, by rich: one display for all that goes on at a time, a line for each."""

import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from matchzoo.core.showing.text import time_of

WIDTH = 20
"""Columns of a bar, whatever stands beside it."""


class _Time(ProgressColumn):
    """What is left; of work without a known length, what has passed."""

    def render(self, task: Task) -> Text:
        seconds = task.elapsed if task.total is None or task.finished else task.time_remaining
        if seconds is None:
            return Text("")
        if task.total is None:
            return Text(f"{seconds:.0f} s")
        return Text(time_of(seconds) if task.finished else f"{time_of(seconds)} left")


class Bar:
    """A line of the display, which begins with the first line and ends with the last.

    Lines that begin while another one is there stand below it and go when they are closed; the first one stays.

    Args:
        title: what is being done.
        done: units that are done.
        total: units of work; None for a spinner.
        unit: name of a unit.
    """

    display: Progress | None = None
    lines = 0

    def __init__(self, title: str, done: int, total: int | None, unit: str) -> None:
        if Bar.display is None:
            Bar.display = _display()
            Bar.display.start()
        self.unit, self.total, self.within = unit, total, Bar.lines > 0
        Bar.lines += 1
        self.task: TaskID = Bar.display.add_task(title, total=total, completed=done, count=self._count(done), extras="")

    def move(self, done: int, extras: str | None = None) -> None:
        """Show how many units are done, and what goes along; what went along before stays if there is nothing new."""
        if Bar.display is not None:
            fields: dict[str, Any] = {"count": self._count(done)}
            if extras is not None:
                fields["extras"] = extras
            Bar.display.update(self.task, completed=done, **fields)

    def close(self) -> None:
        """End the line."""
        display = Bar.display
        if display is None:
            return
        Bar.lines -= 1
        if self.within or not self.unit:
            display.remove_task(self.task)
        if not Bar.lines:
            Bar.display = None
            display.stop()

    def _count(self, done: int) -> str:
        if not self.unit:
            return ""
        return f"{done}{'' if self.total is None else f'/{self.total}'} {self.unit}"


def _display() -> Progress:
    """Title, bar, count and time as wide as they are; numbers get the rest of the line, and are cut there."""
    rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return Progress(
        SpinnerColumn("line", finished_text=" "),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=32)),
        BarColumn(WIDTH, table_column=Column(no_wrap=True, width=WIDTH)),
        TextColumn("{task.fields[count]}", markup=False),
        _Time(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[extras]}", markup=False, table_column=rest),
        console=Console(file=sys.stderr),
        redirect_stdout=False,  # it may be a file
        expand=True,
        refresh_per_second=4,
    )
