"""Some of the samples of another data set: one of its parts, dealt anew, with classes as often as is said."""

from typing import Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data.data import Data, Loaded
from matchzoo.data.split import Split, stratified


@declare("subset")
class Subset(Data):
    """The training or the test samples of another data set, or both, as data of their own: a part of them is kept for
    testing.

    Beside the data set's other part this gives two domains that share no sample. With ``class_shares`` the classes are
    thinned out, as often as these say: a shift of the labels.
    """

    source: Data
    """Labeled samples."""
    part: Literal["train", "test", "all"] = "all"
    """Which of its samples."""
    class_shares: tuple[float, ...] = attrs.field(default=(), validator=[positive()])
    """How often each class is, in label order, in proportion to each other; as many samples are kept as there are in
    these proportions. All samples if not given."""
    test_share: float = attrs.field(default=0.5, validator=[positive(), between(0, 1, open_high=True)])
    """Share of every class that is kept for testing."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of what is left out, and of the split."""

    def load(self) -> Loaded:
        """Load the source and choose of it; raises where it has no labels, no such part, or other classes."""
        loaded = self.source.load()
        parts = {"train": loaded.train, "test": loaded.test}
        wanted = [parts[name] for name in parts if self.part in ("all", name)]
        splits = [split for split in wanted if split is not None]
        labels = [split.labels for split in splits if split.labels is not None]
        if not splits:
            raise DeclarationError([("data.part", "the source has no test part")])
        if len(labels) < len(splits):
            raise DeclarationError([("data.source", "a subset is of labeled samples, and these have no labels")])
        if self.class_shares and len(self.class_shares) != len(loaded.class_names):
            message = f"expected a share of each of {len(loaded.class_names)} classes, got {len(self.class_shares)}"
            raise DeclarationError([("data.class_shares", message)])

        values = torch.cat([split.gather(torch.arange(len(split))) for split in splits])
        own = torch.cat(labels)
        kept = self._kept(own)
        train, test = (
            kept[rows] for rows in stratified(own[kept], self.test_share, self.split_seed, loaded.class_names)
        )
        return Loaded(
            Split(values[train], own[train]), Split(values[test], own[test]), loaded.class_names, units=loaded.units
        )

    def _kept(self, labels: torch.Tensor) -> torch.Tensor:
        """Rows, ascending, whose classes are as often as the shares say."""
        if not self.class_shares:
            return torch.arange(len(labels))
        counts = torch.bincount(labels, minlength=len(self.class_shares)).double()
        shares = torch.tensor(self.class_shares, dtype=torch.float64)
        numbers = (shares * (counts / shares).min()).round().long().clamp_min(1).tolist()
        order = torch.randperm(len(labels), generator=Step(0, self.split_seed).rng("subset"))
        return torch.cat([order[labels[order] == c][:number] for c, number in enumerate(numbers)]).sort().values
