"""Some of the samples of another data set: one of its parts, split again, with classes in given proportions."""

from typing import Any, Literal

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data.data import Data, Loaded
from matchzoo.data.domains.combined import joined
from matchzoo.data.split import stratified


@declare("subset")
class Subset(Data):
    """The training or the test samples of another data set, or both, as data of their own: a part of them is kept for
    testing, or none of its training samples, whose test part then stays what it is.

    Beside the data set's other part this gives two domains that share no sample. With ``class_shares`` the classes are
    thinned out, as often as these say: a shift of the labels; ``samples`` keeps a few of all.
    """

    source: Data
    """Labeled samples."""
    part: Literal["train", "test", "all"] = "all"
    """Which of its samples."""
    class_shares: tuple[float, ...] = attrs.field(default=(), validator=[at_least(0)])
    """How often each class is, in label order, in proportion to each other; as many samples are kept as there are in
    these proportions, and none of a class whose share is 0, which stays one of the classes. All samples if not
    given."""
    samples: int | None = attrs.field(default=None, validator=at_least(1))
    """Training samples, the same share of every class; without ``labels`` drawn at random, those of a smaller number
    among those of a larger one. What is neither among them nor kept for testing is left out. All if not given."""
    labels: bool = True
    """Whether the samples keep their labels and groups; without, there may be fewer of them than classes."""
    test_share: float = attrs.field(default=0.5, validator=between(0, 1, open_high=True))
    """Share of every class that is kept for testing; 0, for ``part = "train"``, where the source's own test part is."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of what is left out, and of the split."""

    def __attrs_post_init__(self) -> None:
        if not self.test_share and self.part != "train":
            message = f'0 is for part = "train", whose source has a test part of its own, got part = "{self.part}"'
            raise DeclarationError([("test_share", message)])
        if self.class_shares and not any(self.class_shares):
            raise DeclarationError([("class_shares", "expected a class with a share above 0, got none")])

    def load(self) -> Loaded:
        """Load the source and choose of it; raises where it has no labels, no such part, or other classes."""
        try:
            loaded = self.source.load()
        except DeclarationError as error:
            raise error.under("source") from None
        parts = {"train": loaded.train, "test": loaded.test}
        wanted = [parts[name] for name in parts if self.part in ("all", name)]
        splits = [split for split in wanted if split is not None]
        if not splits:
            raise DeclarationError([("part", "the source has no test part")])
        whole = splits[0] if len(splits) == 1 else joined(splits)
        if len(splits) > 1:  # their groups are those of the source
            groups = [split.group for split in splits if split.group is not None]
            whole.group = torch.cat(groups) if len(groups) == len(splits) else None
        if whole.labels is None:
            raise DeclarationError([("source", "a subset is of labeled samples, and these have no labels")])
        if self.class_shares and len(self.class_shares) != len(loaded.class_names):
            message = f"expected a share of each of {len(loaded.class_names)} classes, got {len(self.class_shares)}"
            raise DeclarationError([("class_shares", message)])

        kept = self._kept(whole.labels)
        test = loaded.test
        if self.test_share:
            present, dense = whole.labels[kept].unique(return_inverse=True)
            names = tuple(loaded.class_names[label] for label in present.tolist())
            halves = stratified(dense, self.test_share, self.split_seed, names)
            kept, test = kept[halves[0]], whole.part(kept[halves[1]])
        if self.samples is not None:
            kept = self._chosen(kept, whole.labels, self.samples)
        train = whole.part(kept)
        if not self.labels:
            return Loaded(train.without_labels(), test and test.without_labels(), units=loaded.units)
        return Loaded(train, test, loaded.class_names, loaded.group_names, units=loaded.units)

    def origin(self) -> dict[str, Any]:
        """That of the source."""
        return self.source.origin()

    def _chosen(self, kept: torch.Tensor, labels: torch.Tensor, samples: int) -> torch.Tensor:
        """So many of the rows kept, ascending: with the same share of every class, or at random without labels."""
        if samples > len(kept):
            raise DeclarationError([("samples", f"expected at most the {len(kept)} training samples, got {samples}")])
        if not self.labels:
            order = torch.randperm(len(kept), generator=Step(0, self.split_seed).rng("subset", "samples"))
            return kept[order[:samples].sort().values]
        if samples == len(kept):
            return kept
        order = torch.randperm(len(kept), generator=Step(0, self.split_seed).rng("subset count"))
        order = order[labels[kept[order]].argsort(stable=True)]  # by class, in random order within each
        counts = torch.bincount(labels[kept])
        ends = counts.cumsum(0)
        quotas = (ends * samples).div(len(kept), rounding_mode="floor").diff(prepend=ends.new_zeros(1))
        chosen = [
            order[end - count : end - count + quota] for end, count, quota in zip(ends, counts, quotas, strict=True)
        ]
        return kept[torch.cat(chosen)].sort().values

    def _kept(self, labels: torch.Tensor) -> torch.Tensor:
        """Rows, ascending, whose classes are as often as the shares say."""
        if not self.class_shares:
            return torch.arange(len(labels))
        counts = torch.bincount(labels, minlength=len(self.class_shares)).double()
        shares = torch.tensor(self.class_shares, dtype=torch.float64)
        wanted = shares > 0
        most = (counts[wanted] / shares[wanted]).min()
        numbers = (shares * most).round().long().clamp_min(1).where(wanted, 0).tolist()
        order = torch.randperm(len(labels), generator=Step(0, self.split_seed).rng("subset"))
        return torch.cat([order[labels[order] == c][:number] for c, number in enumerate(numbers)]).sort().values
