"""How a table of numbers is to be read, where its file does not say it or says it in several ways."""

from typing import Literal

import attrs

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError

WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "blank": " ", "whitespace": " ", "comma": ",", "semicolon": ";"}
"""What separators are called, beside the characters themselves."""
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
"""What messages call separators."""


@declare
class TableFormat:
    """How a table is read: nothing said, it is looked at, and what was seen is told.

    The first four are of text (CSV) and change nothing of other files, which say such things themselves.
    """

    heading: Literal["auto", "yes", "no"] = "auto"
    """Whether the first line has the names of the columns; ``auto`` takes text for names and numbers for a row, and
    asks where it could be both."""
    delimiter: str | None = None
    """Between the cells of a line: one character, or ``tab``, or ``space`` for any number of blanks and tabs."""
    decimal: Literal[".", ","] | None = None
    """Decimal point or decimal comma."""
    skip_lines: int = attrs.field(default=0, validator=at_least(0))
    """Lines above the table that are no part of it, such as titles."""
    drop: Several[str] = ()
    """Columns to leave out, by name; by number from 1 in tables without names."""
    missing: Literal["refuse", "drop"] = "refuse"
    """Rows with missing values: refused, or dropped."""

    @property
    def separator(self) -> str | None:
        """The character of ``delimiter``; None if it is not said.

        Raises:
            MatchZooError: it is not a character that can separate cells.
        """
        if self.delimiter is None:
            return None
        character = WORDS.get(self.delimiter.lower(), self.delimiter)
        if len(character) != 1 or character.isalnum() or character in "\"'\r\n.+-":
            raise MatchZooError(
                f"delimiter: expected a character such as , ; or |, or tab or space, got {self.delimiter!r}"
            )
        return character
