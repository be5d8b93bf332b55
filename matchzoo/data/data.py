"""Where real samples come from."""

import functools
import hashlib
from abc import ABC, abstractmethod
from typing import Any, Literal, final

import attrs
import torch
from torch import nn

from matchzoo.artefact.content import check_names
from matchzoo.declare import family
from matchzoo.errors import DeclarationError, MatchZooError
from matchzoo.facts import Facts
from matchzoo.samples import Samples


class Split(nn.Module):
    """Samples: values [n, …] (uint8 for images, served as float in [0, 1]), labels [n] or none, groups [n] or none.

    Values are held in memory and move with the module, or (``mapped``) are a file on disk that is mapped into memory:
    those stay on the host, and only the rows that are asked for are read.

    Args:
        values: [n, …], or more rows than that with ``rows``.
        labels: [n] int64.
        group: [n] int64.
        rows: [n] int64, which rows of ``values`` these samples are; all if not given.
        mapped: ``values`` are on disk, and are to stay there.
        key: says what mapped ``values`` are, since reading them all may take long.

    Attributes:
        lasting: a part of a data set, which will be met again; what is computed of it is worth keeping.
    """

    values: torch.Tensor
    labels: torch.Tensor | None
    group: torch.Tensor | None

    def __init__(
        self,
        values: torch.Tensor,
        labels: torch.Tensor | None = None,
        group: torch.Tensor | None = None,
        *,
        rows: torch.Tensor | None = None,
        mapped: bool = False,
        key: str = "",
    ) -> None:
        super().__init__()
        self.mapped, self.chosen, self.lasting = mapped, rows, False
        self.key = key if mapped else ""
        if mapped:
            self.values = values
        else:
            self.register_buffer("values", values if rows is None else values[rows], persistent=False)
            self.chosen = None
        self.register_buffer("labels", labels, persistent=False)
        self.register_buffer("group", group, persistent=False)

    def __len__(self) -> int:
        return len(self.values if self.chosen is None else self.chosen)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return tuple(self.values.shape[1:])

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hash of the values in their order: of their bytes or, with a ``key``, of that and the rows."""
        if self.key:
            rows = "" if self.chosen is None else _hash(self.chosen)
            return hashlib.sha256(f"{self.key} {rows}".encode()).hexdigest()
        return _hash(self.values if self.chosen is None else self.values[self.chosen])

    def gather(self, index: torch.Tensor) -> torch.Tensor:
        """The values [k, …] of some rows [k], as they are stored (uint8 for images), where the index is."""
        own = index.to(self.values.device)
        return self.values[own if self.chosen is None else self.chosen[own]].to(index.device)

    def render(self, index: torch.Tensor) -> Samples:
        """The samples of some rows [k], where the index is."""
        values = self.gather(index)
        if values.dtype == torch.uint8:
            values = values.float() / 255

        def pick(x: torch.Tensor | None) -> torch.Tensor | None:
            return None if x is None else x[index.to(x.device)].to(index.device)

        return Samples(values, pick(self.labels), index=index, group=pick(self.group))

    def all(self) -> Samples:
        """Every sample, in order."""
        return self.render(torch.arange(len(self), device=self.values.device))


def _hash(values: torch.Tensor) -> str:
    """Of type, shape and bytes."""
    own = values.detach().cpu().contiguous()
    digest = hashlib.sha256(f"{own.dtype} {list(own.shape)}".encode())
    digest.update(own.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


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


def stratified(
    labels: torch.Tensor, share: float, seed: int, class_names: tuple[str, ...] = ()
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two disjoint sets of rows with the same share of every class.

    Args:
        labels: [n] int64.
        share: of the second set, in (0, 1); both sets get at least one row of each class.
        seed: of the shuffle.
        class_names: for the error.

    Returns:
        Rows of the first and of the second set, each ascending.

    Raises:
        DeclarationError: a class has fewer than two rows.
    """
    rng = torch.Generator().manual_seed(seed)
    first, second = [], []
    by_label = torch.tensor_split(labels.argsort(stable=True), labels.bincount().cumsum(0)[:-1])
    for label, rows in enumerate(by_label):
        if len(rows) < 2:
            name = f"class '{class_names[label]}'" if class_names else f"class {label}"
            raise DeclarationError([("data", f"{name}: a split needs at least 2 samples, got {len(rows)}")])
        rows = rows[torch.randperm(len(rows), generator=rng)]
        count = min(max(round(share * len(rows)), 1), len(rows) - 1)
        second.append(rows[:count])
        first.append(rows[count:])
    return torch.cat(first).sort().values, torch.cat(second).sort().values
