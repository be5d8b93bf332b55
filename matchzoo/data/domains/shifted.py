"""Any data as another domain: rotated, in another contrast, noisy, before photographs, …"""

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.data.data import Data, Loaded
from matchzoo.data.reading.store import Done, Stored, key_of
from matchzoo.data.shifts.shift import Shift, shifted
from matchzoo.data.split import Split

BLOCK = 512
"""Samples that are changed at once."""


@declare("shifted")
class Shifted(Data):
    """The samples of any data, training and test alike, changed by ``shifts`` one after the other; labels, classes,
    groups and further splits stay.

    A change depends on the sample and ``shift_seed`` alone, not on the order in which samples are read or on the split
    that they are in. Images stay in [0, 1], as bytes where they were bytes; parts that are too large for memory are
    kept in the cache. Rows of tables are changed as they are served: standardized, where the source says so.

    Beside its source in `combined` it is another domain: a target without labels, or one of several tests.
    """

    source: Data
    """Images, or points for shifts that take such."""
    shifts: tuple[Shift, ...] = attrs.field(validator=not_empty())
    """What is done to every sample; the first is done first."""
    shift_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of noise and of backgrounds."""

    def load(self) -> Loaded:
        """Load the source and change it; raises where a shift cannot take its samples."""
        try:
            loaded = self.source.load()
        except DeclarationError as error:
            raise error.under("source") from None
        return attrs.evolve(
            loaded,
            train=shifted_split(loaded.train, self.shifts, self.shift_seed),
            test=None if loaded.test is None else shifted_split(loaded.test, self.shifts, self.shift_seed),
            others={n: shifted_split(split, self.shifts, self.shift_seed) for n, split in loaded.others.items()},
        )

    def origin(self) -> dict[str, Any]:
        """That of the source."""
        return self.source.origin()


def shifted_split(split: Split, shifts: Sequence[Shift], seed: int = 0, path: str = "shifts") -> Split:
    """A split whose samples are changed (`matchzoo.data.shifts.shifted`); labels and groups stay.

    Args:
        split: of images or points.
        shifts: the first is done first.
        seed: of what is random.
        path: of the shifts, for the error.

    Raises:
        DeclarationError: a shift cannot take its samples.
    """
    for place, shift in enumerate(shifts):
        try:
            shift.check(split.shape)
        except DeclarationError as error:
            raise error.under(f"{path}[{place}]") from None
    if not shifts or split.values.is_meta:
        return split

    def make(rows: range) -> torch.Tensor:
        changed = shifted(split.render(torch.arange(rows.start, rows.stop)).values, shifts, seed)
        return (changed * 255).round().to(torch.uint8) if split.values.dtype == torch.uint8 else changed

    if not split.mapped:
        blocks = [make(range(start, min(start + BLOCK, len(split)))) for start in range(0, len(split), BLOCK)]
        values = torch.cat(blocks) if blocks else split.values
        return Split(values, split.labels, split.group)

    def block(rows: range, done: Done) -> np.ndarray:
        blocks = []
        for start in range(rows.start, rows.stop, BLOCK):
            blocks.append(make(range(start, min(start + BLOCK, rows.stop))).numpy())
            done(len(blocks[-1]))
        return np.concatenate(blocks)

    key = key_of("shifts", split.fingerprint, [to_table(shift) for shift in shifts], seed)
    dtype = np.uint8 if split.values.dtype == torch.uint8 else np.float32
    stored = Stored(key, len(split), split.shape, block, "shifting", dtype)
    return Split(stored.open(), split.labels, split.group, mapped=True, key=key)
