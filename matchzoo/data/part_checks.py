"""What is to be known of a test part: classes that it lacks, and samples in it that are training samples as well."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.showing.progress import note
from matchzoo.data.split import Split

MOST = 0.5
"""Share of the test samples from which on copies of training samples are refused."""
SAMPLED = 64
"""Bytes of a sample that are compared first, a multiple of 8."""


def check_test_part(train: Split, test: Split, class_names: Sequence[str]) -> None:
    """Tell of classes without a test sample, and of test images that are training images as well.

    Copies are looked for among images in memory; to read those on disk only for that would take long.

    Raises:
        DeclarationError: half of the test images or more are copies.
    """
    if test.labels is not None and class_names:
        counts = torch.bincount(test.labels.cpu(), minlength=len(class_names)).tolist()
        missing = [name for name, count in zip(class_names, counts, strict=True) if not count]
        if missing:
            shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
            note(f"data: the test part has no sample of {len(missing)} of {len(class_names)} classes: {shown}")

    if len(test.shape) != 3 or test.mapped or train.mapped or test.values.is_meta:
        return
    copies = len(copied_rows(train.values, test.values))
    if copies:
        text = f"{copies} of {len(test)} test images are copies of training images"
        if copies >= MOST * len(test):
            raise DeclarationError([("data", f"{text}; keep each of them in one of the two parts")])
        note(f"data: {text}; results on them say little")


def copied_rows(train: torch.Tensor, test: torch.Tensor) -> torch.Tensor:
    """Rows [k] of test samples [m, …] that are, to the bit, among the training samples [n, …] of the same shape.

    Rows that agree in a few bytes are candidates, and only these are compared whole (by their hashes), so that it costs
    a fraction of reading the samples.
    """
    sides = [samples.detach().cpu().flatten(1).contiguous().view(torch.uint8).numpy() for samples in (train, test)]
    positions = np.random.default_rng(0).integers(sides[0].shape[1], size=SAMPLED)
    first, second = (_mixed(side[:, positions]) for side in sides)

    known = {_digest(sides[0][row]) for row in np.isin(first, second).nonzero()[0]}
    rows = [row for row in np.isin(second, first).nonzero()[0].tolist() if _digest(sides[1][row]) in known]
    return torch.tensor(rows, dtype=torch.int64)


def _mixed(sampled: np.ndarray) -> np.ndarray:
    """Numbers [n] of some bytes [n, k] each, the same for the same bytes."""
    words = np.ascontiguousarray(sampled).view(np.uint64)
    factors = np.random.default_rng(1).integers(2**63, size=words.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    return (words * factors).sum(1)


def _digest(row: np.ndarray) -> bytes:
    return hashlib.blake2b(row.data, digest_size=16).digest()
