"""Images that are not decoded yet, and the fields of the kinds of data that are made of them."""

import contextlib
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO, Literal, final

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.data.data import Data, Loaded
from matchzoo.data.domains.held_out import check_groups, held_out
from matchzoo.data.reading.decoding import Decoding, formats
from matchzoo.data.reading.looks import some_rows, tell_alike, tell_range
from matchzoo.data.reading.rasters import Range, check_range, extent
from matchzoo.data.reading.store import Done, Stored, budget, by_row, key_of
from matchzoo.data.split import Split, stratified, stratified_by_group

Opener = Callable[[int], tuple[Path | BinaryIO, str]]
"""What an image is read from, by its row, and what messages call it (empty: as the file is called)."""
_undecoded: ContextVar[bool] = ContextVar("undecoded", default=False)


@contextlib.contextmanager
def undecoded() -> Iterator[None]:
    """Within, splits have labels and the shape of their images, but no pixels (values on the device ``meta``)."""
    token = _undecoded.set(True)
    try:
        yield
    finally:
        _undecoded.reset(token)


class Encoded(ABC):
    """A list of images, wherever their bytes are.

    Attributes:
        labels: of every image.
        groups: of every image; None where there are none.
    """

    labels: list[int]
    groups: list[int] | None

    @property
    @abstractmethod
    def name(self) -> str:
        """What messages call the images."""

    @abstractmethod
    def opener(self) -> Opener:
        """What the images are read from."""

    @abstractmethod
    def stored(self, decoding: Decoding) -> Stored:
        """The array of all decoded images, in order."""

    @final
    def extents(self, rows: torch.Tensor, done: Done | None = None) -> torch.Tensor:
        """The least and the largest value [m, 2] of each gray image of more than 8 bits among some rows [k]; m is 0
        where no image is decoded at all (`undecoded`). Kept in the cache.

        Args:
            rows: of images that are looked at.
            done: told of the rows as they come; a progress of its own if not given.
        """
        if _undecoded.get():
            return torch.empty(0, 2, dtype=torch.float64)
        opener, images = self.opener(), self.stored(Decoding(1))

        def make(number: int) -> np.ndarray:
            return np.array(extent(opener(int(rows[number]))[0], formats()) or (np.nan, np.nan))

        key = key_of(images.key, "extents", hashlib.sha256(rows.contiguous().numpy().data).hexdigest())
        title = f"ranges of {self.name}"
        stored = Stored(key, len(rows), (2,), by_row(make), title, np.float64, "ranges")
        extents = stored.open(done)
        return extents[extents.isfinite().all(1)]

    @final
    def tell(self, split: Split, decoding: Decoding, rows: torch.Tensor, remedy: Callable[[str], str]) -> None:
        """Notes on what some of the images look like (`matchzoo.data.reading.looks`).

        Args:
            split: of these images.
            decoding: how they were decoded.
            rows: [n] that the split has.
            remedy: words that end a note on a range, of the range that was found.
        """
        if _undecoded.get() or len(rows) == 0:
            return
        extents = self.extents(some_rows(rows), lambda rows: None).tolist()
        tell_range(self.name, [(low, high) for low, high in extents], decoding.range, remedy)
        tell_alike(self.name, split.gather(some_rows(torch.arange(len(split)))))

    @final
    def split(self, decoding: Decoding, rows: torch.Tensor | None = None) -> Split:
        """The decoded images, or some rows [k] of them.

        A split within the budget (`matchzoo.data.reading.store.budget`) is held in memory, a larger one mapped.

        Raises:
            MatchZooError: an image cannot be read, or the cache cannot be written.
        """
        stored = self.stored(decoding)
        if _undecoded.get():
            values = torch.empty(len(self.labels), *decoding.shape, dtype=torch.uint8, device="meta")
        else:
            values = stored.open()
        rows = torch.arange(len(values)) if rows is None else rows
        group = None if self.groups is None else torch.tensor(self.groups)[rows]
        labels = torch.tensor(self.labels)[rows]
        return Split(values, labels, group, rows=rows, mapped=len(rows) * stored.row > budget(), key=stored.key)


@declare
class Decoded(Data):
    """Images of many sizes, decoded once: what all kinds of data say that are made of such."""

    size: int = attrs.field(default=64, validator=at_least(8))
    """Pixels a side."""
    fit: Literal["crop", "pad"] = "crop"
    """How images become square: their center, or (for cut-outs) the whole on white."""
    range: Range = attrs.field(default="type", validator=check_range)
    """Which values of gray images of more than 8 bits are black and white: [low, high]; "type", 0 to 65535 (others than
    16 unsigned bits are refused); "auto", the least and the largest value of the training images; "image", those of
    every image by itself. One range holds for all images but with the last, and values beyond it are clipped."""
    test_share: float = attrs.field(default=0.2, validator=between(0, 1, open_high=True))
    """Share of every class that is kept for testing, where nothing else says which images are; 0 for no test part."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""
    others: tuple[str, ...] = ()
    """Groups (domains) that are no training samples but splits of their own, called as they are; the test samples of
    ``sketch`` are the split ``sketch-test``."""
    unlabeled: tuple[str, ...] = ()
    """Those of the others whose training samples have no labels; their test samples keep them."""

    @final
    def parted(
        self, train: Encoded, test: Encoded, class_names: tuple[str, ...], group_names: tuple[str, ...] = ()
    ) -> Loaded:
        """Images that were published in two parts."""
        check_groups(group_names, self.others, self.unlabeled)
        decoding, split = self._read(train, torch.arange(len(train.labels)))
        loaded = Loaded(split, test.split(decoding), class_names, group_names)
        return held_out(loaded, self.others, self.unlabeled)

    @final
    def shared(
        self,
        whole: Encoded,
        class_names: tuple[str, ...],
        group_names: tuple[str, ...] = (),
        *,
        by_group: bool = False,
    ) -> Loaded:
        """Images of which a share of every class is kept for testing: ``by_group``, or where some groups are held out,
        of every class in every group, and the only image of a class in a group is for training."""
        check_groups(group_names, self.others, self.unlabeled)
        if self.test_share == 0:
            _, split = self._read(whole, torch.arange(len(whole.labels)))
            return held_out(Loaded(split, None, class_names, group_names), self.others, self.unlabeled)

        labels = torch.tensor(whole.labels)
        if (by_group or self.others) and whole.groups is not None:
            first, second = stratified_by_group(labels, torch.tensor(whole.groups), self.test_share, self.split_seed)
        else:
            first, second = stratified(labels, self.test_share, self.split_seed, class_names)
        decoding, split = self._read(whole, first)
        loaded = Loaded(split, whole.split(decoding, second), class_names, group_names)
        return held_out(loaded, self.others, self.unlabeled)

    @final
    def without_labels(self, whole: Encoded) -> Loaded:
        """Images without labels, all of them training samples."""
        check_groups((), self.others, self.unlabeled)
        _, split = self._read(whole, torch.arange(len(whole.labels)))
        return Loaded(split.without_labels())

    def origin(self) -> dict[str, Any]:
        """The range that ``"auto"`` has found."""
        found = getattr(self, "found", None)
        return {} if found is None else {"range": list(found)}

    def _read(self, images: Encoded, rows: torch.Tensor) -> tuple[Decoding, Split]:
        """How images are decoded, and the training images, some rows [n] of a list."""
        decoding = Decoding(self.size, fit=self.fit)
        chosen = self.range
        if chosen == "auto":
            extents = images.extents(rows)
            self.found = (extents[:, 0].min().item(), extents[:, 1].max().item()) if len(extents) else None
            chosen = self.found or "type"
        decoding = attrs.evolve(decoding, range=chosen)
        split = images.split(decoding, rows)
        images.tell(split, decoding, rows, lambda found: f'say data.range = {found}, or "auto"')
        return decoding, split
