"""Scores belong to the set that they were measured on: a part of it, or a changed one, has none yet."""

import hashlib

import torch

from matchzoo.hub.folders.set_schema import SetFields, Table
from matchzoo.hub.folders.validation import sha256


def set_digest(images: str, labels: str) -> str:
    """One hash of a set, of those of its images and of its labels."""
    return hashlib.sha256(f"{images} {labels}".encode()).hexdigest()


def digest_of(images: torch.Tensor, labels: torch.Tensor) -> str:
    """`set_digest` of images [m, c, h, w] with labels [m] or [m, classes]."""
    return set_digest(sha256(images), sha256(labels))


def own_scores(distilled: SetFields) -> tuple[Table, ...]:
    """The scores of a set that are of it: all, or none where the set that they were loaded with had other images or
    labels, or where they speak of another number of images."""
    if not distilled.scores or _of_another_number(distilled):
        return ()
    if distilled.scores_of and distilled.scores_of != digest_of(distilled.images, distilled.labels):
        return ()
    return distilled.scores


def _of_another_number(distilled: SetFields) -> bool:
    """Whether the first record of an evaluation (of each space), which is that of the set, has other images."""
    first: dict[str, Table] = {}
    for record in distilled.scores:
        first.setdefault(repr((record.get("number"), record.get("backbone"))), record)
    return any(record.get("images", len(distilled)) != len(distilled) for record in first.values())
