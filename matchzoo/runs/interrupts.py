"""Signals that stop a run: it finishes its step, saves, and ends with the code that the signal asks for."""

import signal
import time
from types import FrameType, TracebackType
from typing import Any

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
if hasattr(signal, "SIGUSR1"):  # not on Windows
    EXIT_CODES[signal.SIGUSR1] = 0  # sent by schedulers that will start the run again


PAUSE = 1.0
"""Seconds within which a second signal is the first once more: one Ctrl-C comes from the terminal and from torchrun."""


def stop(number: int) -> None:
    """End the run: KeyboardInterrupt for SIGINT, as Python users expect (a notebook lives on), else SystemExit."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(EXIT_CODES[signal.Signals(number)])


class Interrupts:
    """While active, the first signal is remembered until asked for; a second one, a second later, acts at once.

    Outside the main thread signals cannot be caught, and none is.
    """

    def __init__(self) -> None:
        self._caught = 0
        self._since = 0.0
        self._deferred = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interrupts":
        for number in EXIT_CODES:
            try:
                self._previous[number] = signal.signal(number, self._handle)
            except ValueError:  # not the main thread
                break
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if not self._deferred or (self._caught and time.monotonic() - self._since > PAUSE):
            stop(number)
        if not self._caught:
            self._caught, self._since = number, time.monotonic()

    def defer(self, deferred: bool) -> None:
        """Whether the first signal waits until it is asked for (a step is under way) or acts at once."""
        self._deferred = deferred

    @property
    def waiting(self) -> int:
        """The number of the signal that waits; 0 if none does."""
        return self._caught
