"""Where real samples come from."""

from abc import ABC, abstractmethod
from typing import Any, Literal, final

import attrs
import torch
from torch import nn

from matchzoo.core.class_names import check_names
from matchzoo.core.declare import family
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Facts
from matchzoo.data.split import Split


@attrs.frozen
class Loaded:
    """What `Data.load` gives.

    Attributes:
        train: what is matched.
        test: what nothing is ever chosen on; None if there is no such part.
        class_names: in label order; empty without labels.
        group_names: in the order of the samples' groups; empty without groups.
    """

    train: Split
    test: Split | None = None
    class_names: tuple[str, ...] = ()
    group_names: tuple[str, ...] = ()


@family("data")
class Data(nn.Module, ABC):
    """A source of real samples, in two halves: rows are drawn first, and rendering them is deterministic."""

    sampling: Literal["plain", "balanced"] = "plain"
    """How training rows are drawn, and weighed in a cache of all of them: all alike, or every class as much."""

    @abstractmethod
    def load(self) -> Loaded:
        """Read or make the samples, the same each time; raises with the remedy where they are not here."""

    def origin(self) -> dict[str, Any]:
        """What a result records of where the samples came from, beyond what the recipe says; known once loaded."""
        return {}

    @final
    def build(self, seed: int) -> Facts:
        """Load the samples and say what they are."""
        loaded = self.load()
        self.training_set, self.test_set = loaded.train, loaded.test
        for split in filter(None, (loaded.train, loaded.test)):
            split.lasting = True
        self.class_names, self.group_names = loaded.class_names, loaded.group_names
        classes = len(loaded.class_names) or None
        if loaded.class_names:
            try:
                check_names(loaded.class_names)  # an artefact would refuse them, after all the work
            except MatchZooError as error:
                raise DeclarationError([("data", f"{error}; rename it")]) from None
        if loaded.train.labels is not None and classes is not None:
            counts = torch.bincount(loaded.train.labels, minlength=classes)
            empty = [name for name, count in zip(loaded.class_names, counts.tolist(), strict=True) if count == 0]
            if empty:
                raise DeclarationError([("data", f"classes without a training sample: {', '.join(empty[:8])}")])
        if self.sampling == "balanced":
            if loaded.train.labels is None:
                raise DeclarationError([("data.sampling", "'balanced' needs data with labels; use 'plain'")])
            labels = loaded.train.labels.cpu()
            self.by_class = torch.tensor_split(labels.argsort(stable=True), labels.bincount().cumsum(0)[:-1])
        return Facts(
            shape=loaded.train.shape,
            classes=classes,
            class_names=loaded.class_names,
            count=len(loaded.train),
            seed=seed,
        )

    @final
    def draw(self, n: int, rng: torch.Generator) -> torch.Tensor:
        """Rows [n] of the training samples, with replacement.

        Plain: uniformly. Balanced: classes in turn, in random order, so that their counts differ by at most one.
        """
        if self.sampling == "plain":
            return torch.randint(len(self.training_set), (n,), generator=rng)
        order = torch.randperm(len(self.by_class), generator=rng)
        share = torch.rand(n, generator=rng, dtype=torch.float64).tolist()
        turns = order[torch.arange(n) % len(order)].tolist()
        rows = [self.by_class[label] for label in turns]
        return torch.stack([own[int(u * len(own))] for own, u in zip(rows, share, strict=True)])

    @final
    def weights(self) -> torch.Tensor | None:
        """Weights [n] of the training rows in a statistic of all of them: as often as they are drawn, classes of few
        rows as much as those of many; None where all rows are alike."""
        if self.sampling == "plain":
            return None
        weights = torch.empty(len(self.training_set))
        for rows in self.by_class:
            weights[rows] = len(self.training_set) / (len(self.by_class) * len(rows))
        return weights

    @final
    def render(self, draws: torch.Tensor) -> Samples:
        """The training samples [n, …] of some rows [n]."""
        return self.training_set.render(draws)
