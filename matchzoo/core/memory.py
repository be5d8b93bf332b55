"""Sizes that do not fit are refused before their memory is taken, and the allocator's errors are put into words."""

import contextlib
from collections.abc import Iterator

import psutil

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.text import size_of

SAYS_SO = ("can't allocate memory", "not enough memory", "out of memory", "verflow")
"""What errors of torch contain where a size is too large, whatever their type."""


def require(path: str, what: str, size: int) -> None:
    """Raise where something takes more memory than this machine has free.

    Args:
        path: the field that made it so large.
        what: it is.
        size: bytes that it takes at least.
    """
    free = psutil.virtual_memory().available
    if size > free:
        message = f"{what} take {size_of(size)} at least, and {size_of(free)} are free here; ask for fewer or smaller"
        raise DeclarationError([(path, message)])


def of_memory(error: Exception) -> bool:
    """Whether an error says that memory cannot be had, or that a size is past all bounds."""
    return isinstance(error, MemoryError | OverflowError) or any(words in str(error) for words in SAYS_SO)


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """Memory that cannot be had is a `MatchZooError`, within, or in a function that this decorates."""
    try:
        yield
    except MatchZooError:
        raise
    except (MemoryError, OverflowError, RuntimeError, TypeError) as error:
        lines = str(error).strip().splitlines()
        if not of_memory(error):
            raise
        reason = lines[0] if lines else "no more can be had"
        raise MatchZooError(
            f"a size is too large, or memory too small ({reason}); 'matchzoo plan' says what a recipe takes: ask for "
            "fewer or smaller images, a smaller batch, or set trainer.chunk"
        ) from error
