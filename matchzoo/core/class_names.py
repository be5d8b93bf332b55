"""Labels are indices; what they mean is said by names."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import torch

from matchzoo.core.errors import MatchZooError

DIGITS = 18
"""Of a name that is a number; longer ones, such as hashes, are names."""
_NUMBER = re.compile(rf"[+-]?\d{{1,{DIGITS}}}(?:\.\d{{0,{DIGITS}}})?")


def sort_names(names: Iterable[str]) -> tuple[str, ...]:
    """The different names in the order in which labels number them, where nothing else says it.

    Numbers sort as numbers: names that are all numbers (``0 … 11``, also ``-1`` or ``10.0``), and names that all begin
    with the same letters and a number (``class_0 … class_11``, ``0_cat … 11_dog``). All others sort as text. What
    stores names stores them in order, so that this decides only where they are read for the first time.

    Args:
        names: in any order, any of them as often as it comes.

    Examples:
        >>> sort_names(["10", "9", "cat", "9"])
        ('10', '9', 'cat')
        >>> sort_names(["10", "9", "0"])
        ('0', '9', '10')
    """
    different = set(names)
    if all(_NUMBER.fullmatch(name) for name in different):
        return tuple(sorted(different, key=lambda name: (Decimal(name), name)))

    parts = {name: re.split(r"(\d+)", name) for name in different}
    have_numbers = all(len(split) > 1 and max(map(len, split[1::2])) <= DIGITS for split in parts.values())
    if have_numbers and len({split[0] for split in parts.values()}) == 1:
        return tuple(sorted(different, key=lambda name: ([*map(_numbered, enumerate(parts[name]))], name)))
    return tuple(sorted(different))


def _numbered(part: tuple[int, str]) -> int | str:
    return int(part[1]) if part[0] % 2 else part[1]


def relabel(labels: torch.Tensor, names: Sequence[str], wanted: Sequence[str]) -> torch.Tensor:
    """Labels of one order of classes in another: a set whose classes are ordered differently is not an error.

    Args:
        labels: [n] int64, indices into ``names``; or probabilities [n, c].
        names: of the classes that the labels are of.
        wanted: the same names in the order that is wanted.

    Raises:
        MatchZooError: the names are not the same, or not unique, or a label is out of their range.
    """
    if sorted(names) != sorted(wanted) or len(set(names)) < len(names):
        extra, missing = (_some(set(a) - set(b)) for a, b in ((names, wanted), (wanted, names)))
        differences = [f"{len(names)} classes, expected {len(wanted)}"] if len(names) != len(wanted) else []
        differences += [f"the data has no {extra}"] if extra else []
        differences += [f"the images have no {missing}"] if missing else []
        raise MatchZooError(f"classes do not match: {'; '.join(differences) or 'a name is there twice'}")
    if labels.ndim == 2:
        if labels.shape[1] != len(names):
            raise MatchZooError(f"labels: expected probabilities of {len(names)} classes, got {labels.shape[1]}")
        return labels[:, [list(names).index(name) for name in wanted]]
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < len(names):
        raise MatchZooError(f"labels: expected 0 to {len(names) - 1}, got {int(labels.min())} to {int(labels.max())}")
    places = {name: i for i, name in enumerate(wanted)}
    return torch.tensor([places[name] for name in names], device=labels.device)[labels]


def _some(names: set[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in sorted(names)[:4])
    return shown + (", …" if len(names) > 4 else "")


LONGEST = 200
"""Letters of a class name."""


def check_names(names: Any) -> None:
    """Raise where class names are not different texts without control characters."""
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) and name for name in names):
        raise MatchZooError(f"class names: expected a list of texts, got {str(names)[:80]!a}")
    twice = next((name for i, name in enumerate(names) if name in set(names[:i])), None) if _repeats(names) else None
    if twice is not None:
        raise MatchZooError(f"class names: {twice!r} is there twice")
    for name in names:
        if len(name) > LONGEST or any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name):
            raise MatchZooError(f"class names: {name[:80]!a} has control characters, or is over {LONGEST} letters long")


def _repeats(names: Sequence[str]) -> bool:
    return len(set(names)) < len(names)
