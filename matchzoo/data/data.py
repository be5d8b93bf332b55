"""Where real samples come from."""

import copy
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, final

import attrs
import torch
from torch import nn

from matchzoo.core.class_names import check_names
from matchzoo.core.declaration.declare import family
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec, Units
from matchzoo.data.part_checks import check_test_part
from matchzoo.data.split import Split
from matchzoo.data.validation import kept_apart

ENVIRONMENT = "environments/"
"""The names of sets that are environments begin so; a number follows."""
IN_TURN = "environment"
"""The set that is one of the environments in every update of a step, each in turn."""


@attrs.frozen
class Loaded:
    """What `Data.load` gives.

    Attributes:
        train: what is matched.
        test: what nothing is ever chosen on; None if there is no such part.
        class_names: in label order; empty without labels.
        group_names: in the order of the samples' groups; empty without groups.
        others: further splits by name, such as an unlabeled ``target``.
        units: of the numbers of a sample, for rows of a table.
        aligned: names of further splits whose row i belongs to row i of the training split.
        clean_labels: [n] int64 of the training samples, where their labels were made noisy: for evaluations alone.
    """

    train: Split
    test: Split | None = None
    class_names: tuple[str, ...] = ()
    group_names: tuple[str, ...] = ()
    others: Mapping[str, Split] = attrs.Factory(dict)
    units: Units | None = None
    aligned: tuple[str, ...] = ()
    clean_labels: torch.Tensor | None = None


@attrs.frozen
class Place:
    """Where a draw is in passes over rows, each of which has all of them once.

    Attributes:
        before: rows that were drawn before.
        rng: the generator of the order of a pass, by its number.
    """

    before: int
    rng: Callable[[int], torch.Generator]

    def rows(self, count: int, n: int) -> torch.Tensor:
        """The next rows [n] of ``count``; those of several passes where a pass ends."""
        drawn: list[torch.Tensor] = []
        number, first = divmod(self.before, count)
        while n > 0:
            drawn.append(torch.randperm(count, generator=self.rng(number))[first : first + n])
            n, number, first = n - len(drawn[-1]), number + 1, 0
        return torch.cat(drawn)


@family("data")
class Data(nn.Module, ABC):
    """A source of real samples, in two halves: rows are drawn first, and rendering them is deterministic."""

    sampling: Literal["plain", "balanced", "distinct", "passes"] = "plain"
    """How training rows are drawn: each by itself; every class as much, which is also its weight in a cache of all
    rows; none twice in an update, so that as many as there are give the full batch; or in passes over all of them, each
    in an order of its own (epochs), from one step to the next."""
    validation_share: float = attrs.field(default=0.0, validator=[at_least(0), between(0, 1, open_high=True)])
    """Share of the training samples that nothing is trained on: the split ``validation``, by which something can be
    chosen (an evaluation of kind ``validation``, ``trainer.best``, a sweep). The same rows in every run."""

    @abstractmethod
    def load(self) -> Loaded:
        """Read or make the samples, the same each time; raises with the remedy where they are not here."""

    def origin(self) -> dict[str, Any]:
        """What a result records of where the samples came from, beyond what the recipe says; known once loaded."""
        return {}

    @final
    def build(self, seed: int) -> Spec:
        """Load the samples and say what they are."""
        loaded = self._with_validation(self.load())
        self.training_set, self.test_set, self.other_splits = loaded.train, loaded.test, nn.ModuleDict(loaded.others)
        for split in filter(None, (loaded.train, loaded.test, *loaded.others.values())):
            split.lasting = True
        self.class_names, self.group_names = loaded.class_names, loaded.group_names
        self._aligned = loaded.aligned
        self.clean_labels = loaded.clean_labels
        classes = len(loaded.class_names) or None
        if loaded.class_names:
            try:
                check_names(loaded.class_names)  # an artifact would refuse them, after all the work
            except MatchZooError as error:
                raise DeclarationError([("data", f"{error}; rename it")]) from None
        if loaded.train.labels is not None and classes is not None:
            counts = torch.bincount(loaded.train.labels, minlength=classes)
            empty = [name for name, count in zip(loaded.class_names, counts.tolist(), strict=True) if count == 0]
            if empty:
                raise DeclarationError([("data", f"classes without a training sample: {', '.join(empty[:8])}")])
        if loaded.test is not None:
            check_test_part(loaded.train, loaded.test, loaded.class_names)
        if self.sampling == "balanced":
            if loaded.train.labels is None:
                raise DeclarationError([("data.sampling", "'balanced' needs data with labels; use 'plain'")])
            labels = loaded.train.labels.cpu()
            self.by_class = torch.tensor_split(labels.argsort(stable=True), labels.bincount().cumsum(0)[:-1])
        return Spec(
            shape=loaded.train.shape,
            classes=classes,
            class_names=loaded.class_names,
            count=len(loaded.train),
            seed=seed,
            group_names=loaded.group_names,
            units=loaded.units,
        )

    def _with_validation(self, loaded: Loaded) -> Loaded:
        """What was loaded, with the split ``validation`` where it is asked for."""
        inner = [part for part in self.modules() if part is not self and isinstance(part, Data)]
        if any(part.validation_share for part in inner):
            message = "is a field of the whole; leave it out of the data that these are made of"
            raise DeclarationError([("data.validation_share", message)])
        if not self.validation_share:
            return loaded
        train, others, clean_labels = kept_apart(
            loaded.train,
            loaded.others,
            self.validation_share,
            aligned=loaded.aligned,
            clean_labels=loaded.clean_labels,
            class_names=loaded.class_names,
        )
        return attrs.evolve(loaded, train=train, others=others, clean_labels=clean_labels)

    def tested_on(self, name: str) -> "Data":
        """The same data, built, with another of its splits in the place of the test part; tensors are shared.

        Args:
            name: of a split (`sets`).
        """
        other = copy.copy(self)
        other._modules = dict(self._modules)  # of which a copy of a module shares the table
        other.test_set = self.sets()[name]
        return other

    @final
    def draw(self, n: int, rng: torch.Generator) -> torch.Tensor:
        """Rows [n] of the training samples.

        Plain: uniformly, with replacement. Balanced: with replacement, classes in turn, in random order, so that their
        counts differ by at most one. Distinct, and a draw by itself of passes: uniformly, without replacement.
        """
        return self._training_rows(n, rng, None)

    def _training_rows(self, n: int, rng: torch.Generator, place: "Place | None") -> torch.Tensor:
        if self.sampling == "balanced":
            return _in_turn(self.by_class, n, rng)
        return self._uniform(len(self.training_set), n, rng, place)

    def _uniform(self, count: int, n: int, rng: torch.Generator, place: "Place | None") -> torch.Tensor:
        """Rows [n] of ``count``, all alike."""
        if self.sampling == "passes" and place is not None:
            return place.rows(count, n)
        if self.sampling in ("plain", "balanced"):
            return torch.randint(count, (n,), generator=rng)
        if n > count:
            message = f'at most {count} samples can be drawn with data.sampling = "{self.sampling}", got {n}'
            raise DeclarationError([("trainer.real_batch", message)])
        return torch.randperm(count, generator=rng)[:n]

    @property
    def aligned_splits(self) -> tuple[str, ...]:
        """Names of further splits whose row i belongs to row i of the training samples, so that both are drawn
        together; none before it is built."""
        return getattr(self, "_aligned", ())

    @final
    def sets(self) -> dict[str, Split]:
        """The splits by name: ``real`` (the training split, also called ``train``), ``test`` where there is one, and
        whatever else the data have, such as ``target``. Known once built."""
        named = {"real": self.training_set, "train": self.training_set}
        if self.test_set is not None:
            named["test"] = self.test_set
        return {**named, **{name: split for name, split in self.other_splits.items() if isinstance(split, Split)}}

    @final
    def draw_of(
        self, name: str, n: int, rng: torch.Generator, place: "Place | None" = None
    ) -> tuple[Split, torch.Tensor]:
        """Rows [n] of a set of real samples, and the split that they are rows of.

        Args:
            name: of a split (`sets`), or ``environments/i``: the training samples of group i.
            n: how many. Training samples, also those of an environment, and splits that are aligned with them are
                drawn as ``sampling`` says, rows of other splits uniformly.
            rng: on the CPU.
            place: in passes over the rows, where ``sampling`` says so; a draw by itself if not given.
        """
        environment = name.removeprefix(ENVIRONMENT)
        if name in ("real", "train", *self.aligned_splits):
            return self.sets()[name], self._training_rows(n, rng, place)
        if environment == name:
            split = self.sets()[name]
            return split, self._uniform(len(split), n, rng, place)
        rows = self.environment_rows[int(environment)]
        if self.sampling != "balanced":
            return self.training_set, rows[self._uniform(len(rows), n, rng, place)]
        assert self.training_set.labels is not None  # balanced data have labels
        labels = self.training_set.labels.cpu()[rows]
        return self.training_set, _in_turn([rows[labels == label] for label in labels.unique()], n, rng)

    @functools.cached_property
    def environment_rows(self) -> tuple[torch.Tensor, ...]:
        """Rows of the training samples of every group, in the order of the groups; none without groups."""
        group = self.training_set.group
        if group is None:
            return ()
        group = group.cpu()
        return tuple((group == i).nonzero().flatten() for i in range(len(self.group_names) or int(group.max()) + 1))

    @final
    def weights(self) -> torch.Tensor | None:
        """Weights [n] of the training rows in a statistic of all of them: as often as they are drawn, classes of few
        rows as much as those of many; None where all rows are alike."""
        if self.sampling != "balanced":
            return None
        weights = torch.empty(len(self.training_set))
        for rows in self.by_class:
            weights[rows] = len(self.training_set) / (len(self.by_class) * len(rows))
        return weights

    @final
    def render(self, draws: torch.Tensor) -> Samples:
        """The training samples [n, …] of some rows [n]."""
        return self.training_set.render(draws)


def _in_turn(by_class: Sequence[torch.Tensor], n: int, rng: torch.Generator) -> torch.Tensor:
    """Rows [n], classes in turn in random order, from the rows of every class."""
    order = torch.randperm(len(by_class), generator=rng)
    share = torch.rand(n, generator=rng, dtype=torch.float64).tolist()
    turns = order[torch.arange(n) % len(order)].tolist()
    rows = [by_class[label] for label in turns]
    return torch.stack([own[int(u * len(own))] for own, u in zip(rows, share, strict=True)])
