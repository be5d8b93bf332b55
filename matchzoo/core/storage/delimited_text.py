"""Tables as text, as people's tools write them: which character separates cells, what a number looks like, and
whether the first line is a heading.

The cells are parsed by the standard library's `csv`, so quoted names may hold any separator. Its `csv.Sniffer` is not
used: it takes decimal commas for separators and letters for delimiters.
"""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.table_format import NAMES, TableFormat

ONE = "\x1f"
"""Separates the cells of a table of one column: no text has it."""
SEPARATORS = {".": (",", ";", "\t", "|", " ", ONE), ",": (";", "\t", "|", " ", ONE, ",")}
"""That are tried, in order, with decimal points and with decimal commas."""
SEEN = 1000
"""Lines that are looked at to see how a table is written."""
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "<na>", "?", "-", "."})
"""What stands for a missing value, in lower case."""
TWO = re.compile(r"\s*[+-]?\d+,\d+\s*")
"""A number with a decimal comma, or two whole numbers."""
WORD = re.compile(r'"[^"]*"|\S+')
"""A cell between blanks, which may be quoted."""
UNICODE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Encodings by the mark that files begin with; others are UTF-8."""


@attrs.frozen(eq=False)
class TextTable:
    """The cells of a table, without blanks around them.

    Attributes:
        columns: their names; empty where there is no heading. A name may be empty.
        rows: cells by row, all rows of one length.
        lines: of the file, by row; from 1.
        decimal: ``.`` or ``,``.
        seen: how the file is written, in words.
    """

    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    decimal: str
    seen: tuple[str, ...]


def read_text(path: Path, format: TableFormat, option: str = "--") -> TextTable:
    """The cells of a text table, and how it is written.

    Args:
        path: of the file.
        format: what is said of it.
        option: what the options of ``format`` begin with where they are given, for messages.

    Raises:
        MatchZooError: it cannot be read, or in two ways; with the option that says which.
    """
    text, marked = _after_mark(_decoded(path))
    comments, above, text = _after_comments(text, format.skip_lines)
    said = next((known for known in (format.separator, marked) if known is not None), None)
    pairs = [
        (separator, decimal)
        for decimal, separators in SEPARATORS.items()
        for separator in ((said,) if said else separators)
        if format.decimal in (None, decimal)
    ]
    try:
        sample = "".join(itertools.islice(io.StringIO(text, newline=""), SEEN))
        separator, decimal = max(pairs, key=lambda pair: _fit(sample, *pair))  # the first of those that fit alike
        numbered = list(_records(text, separator))
    except csv.Error as error:
        raise MatchZooError(f"{path}: cannot be read as a table ({error})") from None
    if not numbered:
        raise MatchZooError(f"{path}: is empty")

    lines, rows = [above + number for number, _ in numbered], [row for _, row in numbered]
    width = _width(rows)
    separator = ONE if width == 1 and said is None else separator
    names = _names_in(comments, separator, width) if format.heading != "no" else ()
    if not names:
        _check_first(path, rows, lines, width, option)
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            raise MatchZooError(f"{path}: {_uneven(line, row, width, (separator, decimal))}")
    if format.delimiter is None and format.decimal is None and marked is None:
        _refuse_two_readings(path, rows, separator, decimal, option)

    has_heading = not names and _is_heading(path, rows, decimal, format, lines[0], option)
    if has_heading:
        names, rows, lines = tuple(rows[0]), rows[1:], lines[1:]

    words = ["a heading" if has_heading else "a heading in a comment" if names else "no heading"]
    words += [f"separated by {NAMES.get(separator, repr(separator))}"] if width > 1 else []
    words += ["decimal commas"] if decimal == "," else []
    return TextTable(names, rows, lines, decimal, tuple(words))


def number_of(cell: str, decimal: str = ".") -> float | None:
    """The number in a cell: NaN if it is missing, None if it is something else."""
    if decimal == ",":
        if "." in cell and cell.lower() not in MISSING:
            return None
        cell = cell.replace(",", ".")
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return float("nan") if cell.lower() in MISSING else None


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode(UNICODE.get(content[:2], "utf-8-sig"))
    except OSError as error:
        raise MatchZooError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        message = f"is not text in UTF-8 (byte {error.start}); save it as CSV in UTF-8"
        raise MatchZooError(f"{path}: cannot be read as a table: it {message}") from None


def _after_mark(text: str) -> tuple[str, str | None]:
    """The text with its first line made empty where that is a spreadsheet's ``sep=;``, and the separator it says."""
    first, newline, rest = text.partition("\n")
    match = re.fullmatch(r'"?sep=(.|\\t)"?\s*', first, re.I)
    if match is None:
        return text, None
    return newline + rest, match[1].replace("\\t", "\t")


def _after_comments(text: str, skipped: int) -> tuple[list[str], int, str]:
    """Comments above the table without their #, the number of lines above it, and the text from there on."""
    lines = text.splitlines(keepends=True)
    first = skipped
    comments = []
    while first < len(lines) and (lines[first].startswith("#") or not lines[first].strip()):
        comments += [lines[first].strip().lstrip("#").strip()] if lines[first].strip() else []
        first += 1
    return comments, first, "".join(lines[first:])


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Cells with the number of their line; blank lines are passed over."""
    if separator == " ":
        for number, line in enumerate(io.StringIO(text), 1):
            cells = [cell.strip('"') for cell in WORD.findall(line)]
            if cells:
                yield number, cells
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells) or len(cells) > 1:
            yield reader.line_num, cells


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Cells of most of the rows; of the first ones, where there are two such numbers."""
    return Counter(len(row) for row in rows).most_common(1)[0][0]


def _fit(text: str, separator: str, decimal: str) -> tuple[float, bool]:
    """How well a separator and a decimal sign explain a text: the share of its rows that are of one length times that
    of their cells that are numbers, then whether the first line is as long."""
    rows = [row for _, row in _records(text, separator)]
    if not rows:
        return 0.0, False
    width, body = _width(rows), rows[1:] or rows
    even = [row for row in body if len(row) == width]
    cells = [cell for row in even for cell in row if cell.lower() not in MISSING]
    texts = [cell for cell in cells if number_of(cell, decimal) is None]
    torn = sum("," in cell for cell in texts) if decimal == "," else 0  # commas that are in no number separate cells
    numbers = (len(cells) - len(texts)) / max(len(cells) + 2 * torn, 1)
    return len(even) / len(body) * numbers, len(rows[0]) == width


def _check_first(path: Path, rows: list[list[str]], lines: list[int], width: int, option: str) -> None:
    """Raise where the first line is not as long as the others: a title, or a heading without the names of rows."""
    count = len(rows[0])
    if count == width:
        return
    first = next(i for i, row in enumerate(rows) if len(row) == width)
    shown = _shown(", ".join(cell for cell in rows[0] if cell))
    if first == 1 and count == width - 1 and count > 1:
        if all(not row[-1] for row in rows[1:] if len(row) == width):
            reason = "a separator ends each of them; remove it"
        else:
            reason = "R writes the names of rows so; write it with row.names = FALSE (pandas: index=False)"
        raise MatchZooError(f"{path}: the heading has {count} names, the rows below have {width} cells: {reason}")
    if first == 1 and count * 2 == width > 2:
        hint = "were decimal commas and commas between cells mixed? Write it with decimal points"
        raise MatchZooError(f"{path}: the heading has {count} names, the rows below have {width} cells: {hint}")
    cells = f"{count} cell{'s' * (count != 1)}"
    raise MatchZooError(
        f"{path}: line {lines[0]} ('{shown}') has {cells}, the lines below have {width}: if it is a title, leave it "
        f"out with {option}{_spelled('skip_lines', option)} {lines[first] - 1}"
    )


def _uneven(line: int, cells: list[str], width: int, read_as: tuple[str, str]) -> str:
    """What is said of a row that is longer or shorter than the others."""
    values = f"{len(cells)} value{'s' * (len(cells) != 1)}"
    hint = "; quote what has commas in it, or write decimal points" if read_as == (",", ".") else ""
    return f"line {line} ('{_shown(', '.join(cells))}') has {values}, the others have {width}" + (
        hint if len(cells) > width else ""
    )


def _refuse_two_readings(path: Path, rows: list[list[str]], separator: str, decimal: str, option: str) -> None:
    """Raise where one column of numbers with decimal commas looks like two columns of whole numbers.

    Whole numbers that begin with 0, have ten digits or are -0 are a sign of decimal commas.
    """
    lines = [cells[0] if separator == ONE else ",".join(cells) for cells in rows]
    pairs = [line for line in lines if TWO.fullmatch(line)]
    is_decimal = any(re.fullmatch(r"-0,\d+|[+-]?\d+,(0\d+|\d{10,})", line) for line in pairs)
    if (separator, decimal) == (ONE, ","):
        is_named = number_of(lines[0], ",") is None
        could_be_two = bool(pairs) and not (is_named and is_decimal)
    else:
        could_be_two = separator == "," and is_decimal and len(pairs) == len(lines)
    if could_be_two:
        raise MatchZooError(
            f"{path}: lines such as '{_shown(pairs[0])}' can be one number with a decimal comma, or two whole numbers; "
            f"say which: {option}decimal , or {option}delimiter ,"
        )


def _names_in(comments: list[str], separator: str, width: int) -> tuple[str, ...]:
    """Names of columns in the last comment above a table, as `numpy.savetxt` writes them; empty if it has none."""
    cells = next((row for _, row in _records(comments[-1], separator)), []) if comments else []
    return tuple(cells) if len(cells) == width and all(number_of(cell) is None for cell in cells) else ()


def _is_heading(path: Path, rows: list[list[str]], decimal: str, format: TableFormat, line: int, option: str) -> bool:
    """Whether the first row has the names of the columns; raises where it could have both."""
    if format.heading != "auto":
        return format.heading == "yes"
    first, body = rows[0], rows[1:]
    texts = [cell for cell in first if number_of(cell, decimal) is None]
    numbers = [cell for cell in first if cell.lower() not in MISSING and cell not in texts]
    if texts and not numbers:
        return True
    reason = ""
    if texts:
        reason = f"is partly text ('{texts[0]}'), partly numbers ({numbers[0]})"
    elif len(numbers) == len(first) and body and _could_be_names(first, body, decimal):
        reason = f"holds whole numbers ({_shown(', '.join(first))}), which could be names"
    if reason:
        raise MatchZooError(
            f"{path}: line {line} {reason}: is it a heading, or a row of numbers? Say {option}heading yes or "
            f"{option}heading no"
        )
    return False


def _could_be_names(first: list[str], body: list[list[str]], decimal: str) -> bool:
    """Whether whole numbers look like names above a table: all columns have fractions below, or no row is like them
    and they count up or down by one, or are years above columns of something else."""
    if not all(cell.isdecimal() for cell in first):
        return False
    columns = list(zip(*(row for row in body if len(row) == len(first)), strict=True))
    if columns and all(any(decimal in cell for cell in column) for column in columns):
        return True
    steps = {int(after) - int(before) for before, after in itertools.pairwise(first)}
    years = len(set(first)) == len(first) > 1 and all(_is_year(cell) for cell in first)
    of_others = any(not any(_is_year(cell) for cell in column) for column in columns)
    return first not in body and (steps in ({1}, {-1}) or (years and of_others))


def _is_year(cell: str) -> bool:
    return cell.isdecimal() and 1800 <= int(cell) <= 2100


def _spelled(name: str, option: str) -> str:
    """A field as an option of the command, or below one of a recipe."""
    return name.replace("_", "-") if option == "--" else name


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
