"""Progress of long work: a bar on a terminal and in a notebook, a plain line at intervals elsewhere."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import TracebackType

from tqdm.auto import tqdm

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


class Progress:
    """Counts units of work, with rate, time left and whatever numbers go along.

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
        self.bar: tqdm | None = None
        self.began = self.said = time.monotonic()
        notebook = in_notebook()
        self.plain = not quiet and not notebook and not sys.stderr.isatty()
        if not quiet and not self.plain:
            # a terminal that does not know its width (0 columns) would show nothing
            width = None if notebook or os.get_terminal_size(sys.stderr.fileno()).columns else 80
            self.bar = tqdm(total=total, desc=title, unit=f" {unit}", initial=start, ncols=width, delay=delay)

    def __enter__(self) -> "Progress":
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
            if numbers is not None:
                self.bar.set_postfix_str(self._extras(), refresh=False)
            self.bar.update(count)
        elif self.plain:
            now = time.monotonic()
            if now - self.said >= INTERVAL:
                self._say(now)

    def _extras(self) -> str:
        shown = [f"{name} {value:.4g}" for name, value in self.numbers.items()]
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
            self._extras(),
        ]
        print(", ".join(filter(None, parts)), file=sys.stderr, flush=True)
