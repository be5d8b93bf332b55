"""Real images beside a set: as many of every class as it has, and how far the set is above them."""

from collections.abc import Sequence
from typing import Any

import torch

from matchzoo.core.samples import class_indices
from matchzoo.core.showing.text import with_spread
from matchzoo.data import Split
from matchzoo.evaluation.evaluation import Record

ALL = "full"
"""The baseline of all real training images: where a set of few should come to, and of another number by intent."""


UNEQUAL = "unequal"
"""What tables say in place of a gain over a baseline of another number of images."""


def class_counts(labels: torch.Tensor, classes: int) -> tuple[int, ...]:
    """How many images every class has.

    An image with probabilities is of no single class: of such as many count for each class, where their number allows
    it, and else the most probable class of each counts.

    Args:
        labels: [m] int64, or probabilities [m, classes].
        classes: how many there are.
    """
    if labels.ndim == 2 and len(labels) % classes == 0:
        return (len(labels) // classes,) * classes
    return tuple(torch.bincount(class_indices(labels).cpu(), minlength=classes).tolist())


def counts_as_record(images: Split, classes: int) -> dict[str, list[int]]:
    """What a record says of the images of every class: ``counts``, where they are not as many of each; nothing of a
    part of the data set itself."""
    if images.lasting or images.labels is None:
        return {}
    counts = class_counts(images.labels, classes)
    return {} if len(set(counts)) == 1 else {"counts": list(counts)}


def counts_of(record: Record, classes: int) -> tuple[int, ...] | None:
    """The images of every class that a record is of; None where it cannot be known."""
    if record.get("counts") is not None:
        return tuple(record["counts"])
    each, rest = divmod(int(record["images"]), classes)
    return None if rest else (each,) * classes


def per_class_in_words(counts: Sequence[int]) -> str:
    """``10`` where every class has as many images, else ``1 to 10``."""
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def gain(own: Record, other: Record, class_names: Sequence[str], *, paired: bool, drawn: bool = True) -> Record:
    """How far a set is above a baseline, as `difference` says; of unequal numbers of images only a ``note`` why not.

    Args:
        own: the record of the set.
        other: that of the baseline.
        class_names: in label order.
        paired: as `difference`.
        drawn: as `difference`.
    """
    counts, real = counts_of(own, len(class_names)), counts_of(other, len(class_names))
    if other["method"] == ALL or (counts is not None and counts == real):
        return difference(own, other, paired=paired, drawn=drawn)
    return {"note": f"{other['method']}: no gain, since numbers are unequal: {_unequal(own, other, class_names)}"}


def _unequal(own: Record, other: Record, class_names: Sequence[str]) -> str:
    """How the numbers of a baseline differ from those of a set."""
    text = f"{other['images']} real images against {own['images']}"
    counts, real = counts_of(own, len(class_names)), counts_of(other, len(class_names))
    fewer = "" if counts is None or real is None else shortage(counts, real, class_names)
    return f"{text} ({fewer})" if fewer else text


def shortage(wanted: Sequence[int], there: Sequence[int], class_names: Sequence[str]) -> str:
    """The classes that have fewer real images than are wanted, ``rare has 4 of 8``; empty if there are none."""
    pairs = zip(class_names, there, wanted, strict=True)
    fewer = [f"{name} has {count} of {needed}" for name, count, needed in pairs if count < needed]
    return ", ".join(fewer[:5]) + (", …" if len(fewer) > 5 else "")


def difference(own: Record, other: Record, *, paired: bool, drawn: bool = True) -> Record:
    """How far the first record is above the second, ``above``, with its ``above_standard_error``.

    The error is None where the spread of one of them is not known: that of a single seed.

    Args:
        own: with ``top1``, a score a seed.
        other: the same.
        paired: seed by seed (the same views); else the error comes from both variances.
        drawn: whether a seed draws anything; where it does not, a single score has no spread, and what there is comes
            from the other.
    """
    a, b = (torch.tensor(r["top1"], dtype=torch.float64) for r in (own, other))
    error: Any = None
    if paired and len(a) == len(b):
        error = (a - b).std() / len(a) ** 0.5 if len(a) > 1 else None
    elif max(len(a), len(b)) > 1 and (not drawn or min(len(a), len(b)) > 1):
        error = torch.stack([x.var() / len(x) for x in (a, b) if len(x) > 1]).sum().sqrt()
    return {"above": (a.mean() - b.mean()).item(), "above_standard_error": None if error is None else error.item()}


def gain_cells(records: Sequence[Record]) -> list[str]:
    """The gain over each baseline as text, ``+3.1 (se 0.4)``; empty for the set itself, and `UNEQUAL` for a baseline of
    another number of images.

    Args:
        records: those of a set and of its baselines, of one space after the other.
    """
    cells, images = [], None
    for record in records:
        if "above" not in record and "note" not in record:
            images = record["images"]
            cells.append("")
        elif "above" not in record or (record["method"] != ALL and record["images"] != images):
            cells.append(UNEQUAL)  # runs of earlier versions have a gain here as well
        else:
            spread = None if record.get("seeds") == 1 else record["above_standard_error"]
            cells.append(with_spread(record["above"], spread, "+.1f", "se"))
    return cells
