"""Progress of long work: a bar on a terminal and in a notebook, a plain line at intervals elsewhere."""

import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matchzoo.core.showing.bars import Bar

INTERVAL = 10.0
"""Seconds between plain lines."""
_QUIET = ContextVar("quiet", default=False)
_TOLD: set[str] = set()


@contextlib.contextmanager
def quietly(quiet: bool = True) -> Iterator[None]:
    """Within, no progress is shown (if ``quiet``), however many calls away the work is from who asks for silence."""
    token = _QUIET.set(quiet or _QUIET.get())
    try:
        yield
    finally:
        _QUIET.reset(token)


def is_quiet() -> bool:
    """Whether this is within `quietly`."""
    return _QUIET.get()


def note(text: str) -> None:
    """Tell a person something in a line, once in a process; nothing within `quietly`."""
    if not is_quiet() and text not in _TOLD:
        _TOLD.add(text)
        print(f"note: {text}", file=sys.stderr, flush=True)


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook, where a bar can be drawn although there is no terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def draws_bars() -> bool:
    """Whether the error stream can show a line that changes: a terminal that is none in name only, or a notebook whose
    widgets are installed."""
    if in_notebook():
        return importlib.util.find_spec("ipywidgets") is not None
    return sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def short_names(numbers: Mapping[str, float]) -> dict[str, float]:
    """Numbers under the last part of their names, ``loss`` if there is one alone; whole names where parts are the same.

    >>> short_names({"generator/mmd": 0.5, "critic/gan": 1.0})
    {'mmd': 0.5, 'gan': 1.0}
    """
    last = [name.rpartition("/")[2] for name in numbers]
    if len(last) == 1 and last[0] != next(iter(numbers)):
        return {"loss": next(iter(numbers.values()))}
    return dict(numbers) if len({*last}) < len(last) else dict(zip(last, numbers.values(), strict=True))


@contextlib.contextmanager
def waiting(title: str) -> Iterator[None]:
    """Within, a person is told that something goes on which counts no units: a spinner with the seconds on a terminal;
    elsewhere a line at its end, if it took as long as from one plain line to the next."""
    began = time.monotonic()
    if is_quiet() or draws_bars():
        with Progress(None, title, ""):
            yield
        return
    yield
    if time.monotonic() - began >= INTERVAL:
        print(f"{title}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


class Progress:
    """Counts units of work, with time left, whatever numbers go along, and in plain lines the rate.

    Args:
        total: units of work; None where that is not known before.
        title: what is being done.
        unit: name of a unit.
        start: units already done (by an earlier process).
        quiet: show nothing; so it is within `quietly`, whatever is said here.
        memory: gives the bytes in use, to be shown.
        delay: seconds before anything is shown; work that is done by then says nothing.
    """

    def __init__(
        self,
        total: int | None,
        title: str,
        unit: str,
        start: int = 0,
        quiet: bool = False,
        memory: Callable[[], int] | None = None,
        delay: float = 0,
    ) -> None:
        quiet = quiet or is_quiet()
        self.total, self.title, self.unit, self.done, self.first = total, title, unit, start, start
        self.memory, self.delay = memory, delay
        self.numbers: dict[str, float] = {}
        self.bar: Bar | None = None
        self.began = self.said = time.monotonic()
        self.plain = not quiet and not draws_bars()
        self.drawn = not quiet and not self.plain

    def __enter__(self) -> "Progress":
        if self.drawn and not self.delay:
            self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.plain and kind is None and self.done > self.first:
            now = time.monotonic()
            if now - self.began >= self.delay:
                self._say(now)

    def update(self, count: int = 1, numbers: dict[str, float] | None = None) -> None:
        """Count work done; ``numbers`` (losses) stay shown until others come."""
        self.done += count
        if numbers is not None:
            self.numbers = numbers
        if self.bar is not None:
            self.bar.move(self.done, None if numbers is None else self._extras(short_names(numbers)))
        elif self.drawn and time.monotonic() - self.began >= self.delay:
            self._draw()
        elif self.plain:
            now = time.monotonic()
            if now - self.said >= INTERVAL:
                self._say(now)

    def _draw(self) -> None:
        from matchzoo.core.showing.bars import Bar  # rich, which who draws nothing need not wait for

        self.bar = Bar(self.title, self.done, self.total, self.unit)
        if self.numbers:
            self.bar.move(self.done, self._extras(short_names(self.numbers)))

    def _extras(self, numbers: Mapping[str, float]) -> str:
        shown = [f"{name} {value:.4g}" for name, value in numbers.items()]
        if self.memory is not None:
            shown.append(f"{self.memory() / 2**30:.1f} GiB")
        return ", ".join(shown)

    def _say(self, now: float) -> None:
        self.said = now
        rate = (self.done - self.first) / max(now - self.began, 1e-9)
        parts = [
            f"{self.title}: {self.done}{'' if self.total is None else f'/{self.total}'} {self.unit}",
            f"{rate:.3g} {self.unit}/s" if rate else "",
            "" if self.total is None or not rate else f"{(self.total - self.done) / max(rate, 1e-9):.0f} s left",
            self._extras(self.numbers),
        ]
        print(", ".join(filter(None, parts)), file=sys.stderr, flush=True)
