"""Images that are not decoded yet, and the fields of the kinds of data that are made of them."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Literal, final

import attrs
import torch

from matchzoo.core.declare import declare
from matchzoo.core.validators import at_least, between
from matchzoo.data.data import Data, Loaded
from matchzoo.data.reading.decoding import Decoding
from matchzoo.data.reading.store import Stored, budget
from matchzoo.data.split import Split, stratified

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

    @abstractmethod
    def stored(self, decoding: Decoding) -> Stored:
        """The array of all decoded images, in order."""

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
    test_share: float = attrs.field(default=0.2, validator=between(0, 1, open_high=True))
    """Share of every class that is kept for testing, where nothing else says which images are; 0 for no test part."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""

    @final
    def parted(
        self, train: Encoded, test: Encoded, class_names: tuple[str, ...], group_names: tuple[str, ...] = ()
    ) -> Loaded:
        """Images that were published in two parts."""
        decoding = Decoding(self.size, fit=self.fit)
        return Loaded(train.split(decoding), test.split(decoding), class_names, group_names)

    @final
    def shared(self, whole: Encoded, class_names: tuple[str, ...], group_names: tuple[str, ...] = ()) -> Loaded:
        """Images of which a share of every class is kept for testing."""
        decoding = Decoding(self.size, fit=self.fit)
        if self.test_share == 0:
            return Loaded(whole.split(decoding), None, class_names, group_names)

        first, second = stratified(torch.tensor(whole.labels), self.test_share, self.split_seed, class_names)
        return Loaded(whole.split(decoding, first), whole.split(decoding, second), class_names, group_names)
