"""Trying one thing that may be refused, but must not fail: what the campaigns of hostile input share."""

import re
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matchzoo.core.errors import MatchZooError

LIMIT = 20
"""Seconds of processor time that a thing may take, on however busy a machine."""
PATIENCE = 300
"""Seconds that it may take in all, as of something that waits."""


class TooLong(Exception):
    """A thing took longer than the limit."""


class Wrong(Exception):
    """Something was accepted that is not what was asked for."""


def attempt(action: Callable[[], str]) -> str:
    """What the action returns, ``refused`` where it raises a message for people, or what went wrong with it."""

    def alarm(number: int, frame: Any) -> None:
        raise TooLong

    before = {number: signal.signal(number, alarm) for number in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    signal.alarm(PATIENCE)
    try:
        return action()
    except MatchZooError as error:
        words = str(error)
        return "refused" if words.strip() and "Traceback" not in words else f"says nothing: {words!r}"
    except TooLong:
        return "hang"
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "matchzoo" in f.filename]
        return f"{type(error).__name__}: {re.sub(r'0x[0-9a-f]+|[0-9]{3,}', 'N', str(error))[:120]} at {own[-1:]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def expect(holds: bool, words: str) -> None:
    if not holds:
        raise Wrong(words)
