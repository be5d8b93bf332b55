"""Errors that are meant for people: the command line prints them without a traceback."""

from collections.abc import Iterable
from difflib import get_close_matches


class MatchZooError(Exception):
    """What the user can fix: says which argument, what it got, what was expected and the remedy."""


class DeclarationError(MatchZooError, ValueError):
    """Everything that is wrong with a declaration, each problem with its dotted path.

    Attributes:
        problems: pairs of path (``trainer.steps``; empty for the whole) and message.
    """

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{path}: {message}" if path else message for path, message in self.problems))

    def __reduce__(self) -> tuple[type["DeclarationError"], tuple[list[tuple[str, str]]]]:
        return DeclarationError, (self.problems,)  # what Exception would pickle is the text

    def under(self, path: str) -> "DeclarationError":
        """The same problems, one level further down."""
        return DeclarationError([(join(path, inner), message) for inner, message in self.problems])


def join(path: str, inner: str) -> str:
    """Join two pieces of a dotted path; an index (``[0]``) takes no dot."""
    if not path or not inner:
        return path or inner
    return path + inner if inner.startswith("[") else f"{path}.{inner}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint such as ``; did you mean 'pyramid'?``, or the short list of known names."""
    known = sorted(known)
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"; known: {shown}" if known else ""
