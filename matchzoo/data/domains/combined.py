"""Several data sets as one: environments of training samples, and further splits such as an unlabeled target."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between, not_empty, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.core.step import Step
from matchzoo.data.data import Data, Loaded
from matchzoo.data.domains.held_out import TAKEN, TEST
from matchzoo.data.reading.store import Done, Stored, budget, key_of
from matchzoo.data.split import Split

VALIDATION = "-validation"
"""Ends the name of what is kept apart of the training samples of a further split."""


@declare("combined")
class Combined(Data):
    """Data sets of one shape and the same classes: the training samples of ``environments`` are the training split,
    each with its environment as its group; those of ``others`` are splits of their own.

    Where samples come in pairs, such as a photograph by night and one of the same place by day, row i of an ``aligned``
    set belongs to row i of the training split, and terms that take both get pairs.

    Test parts are kept apart: those of the environments are the test split, that of a further split ``target`` is the
    split ``target-test``. For domain adaptation the source is the only environment, and the target is among the others,
    ``unlabeled``.
    """

    environments: dict[str, Data] = attrs.field(validator=not_empty())
    """Data sets by name, an environment each."""
    others: dict[str, Data] = attrs.Factory(dict)
    """Further splits by name, of which terms and evaluations speak."""
    unlabeled: tuple[str, ...] = ()
    """Names of further splits whose training samples have no labels; their test parts keep them."""
    validation: dict[str, float] = attrs.field(factory=dict, validator=[positive(), between(0, 1, open_high=True)])
    """Shares of the training samples of further splits, by their names, that are kept apart: of ``target`` they are the
    split ``target-validation``, for terms that judge others (`Player.surrogate`) and for choosing."""

    aligned: tuple[str, ...] = ()
    """Names of further splits whose training samples belong to those of the environments, row by row."""
    mispaired: dict[str, float] = attrs.field(factory=dict, validator=[positive(), between(0, 1)])
    """Shares of the training samples of aligned splits, by their names, that change places among each other, so that
    they are not what their row says (noisy correspondence)."""

    def __attrs_post_init__(self) -> None:
        odd = [name for name in self.others if name in TAKEN or not name.replace("-", "_").isidentifier()]
        if odd:
            known = ", ".join(sorted(TAKEN))
            message = f"expected a name of letters, digits, - and _, and none of {known}, got '{odd[0]}'"
            raise DeclarationError([("others", message)])
        among_others = {"unlabeled": self.unlabeled, "validation": self.validation, "aligned": self.aligned}
        for field, names in among_others.items():
            unknown = [name for name in names if name not in self.others]
            if unknown:
                raise DeclarationError([(field, f"'{unknown[0]}' is not one of others: {', '.join(self.others)}")])
        unpaired = [name for name in self.mispaired if name not in self.aligned]
        if unpaired:
            among = ", ".join(self.aligned) or "none"
            raise DeclarationError([("mispaired", f"'{unpaired[0]}' is not one of aligned: {among}")])
        parted = [name for name in self.validation if name in self.aligned]
        if parted:
            raise DeclarationError([("validation", f"'{parted[0]}' is aligned, and its rows are those of others too")])

    def origin(self) -> dict[str, Any]:
        """Those of the data that it is made of, by name."""
        origins = {name: data.origin() for name, data in {**self.environments, **self.others}.items()}
        return {name: origin for name, origin in origins.items() if origin}

    def load(self) -> Loaded:
        """Load them all; raises where shapes or classes differ."""
        loaded = {**_load("environments", self.environments), **_load("others", self.others)}
        first = next(iter(loaded.values()))
        for path, content in loaded.items():
            if content.train.shape != first.train.shape:
                message = f"samples have shape {content.train.shape}, those of the first {first.train.shape}"
                raise DeclarationError([(path, message)])
            is_unlabeled = path.removeprefix("others.") in self.unlabeled and not content.class_names
            if content.class_names != first.class_names and not is_unlabeled:
                raise DeclarationError([(path, "has other classes than the first, or in another order")])
            if content.units != first.units:
                message = "has other columns or units than the first; give all the same columns, standardize = false"
                raise DeclarationError([(path, message)])

        environments = [loaded[f"environments.{name}"] for name in self.environments]
        tests = [content.test for content in environments]
        train = joined([content.train for content in environments])
        test = None if any(split is None for split in tests) else joined([split for split in tests if split])
        others: dict[str, Split] = {}
        for name in self.others:
            content = loaded[f"others.{name}"]
            paired = self._paired(name, content.train, train) if name in self.aligned else content.train
            whole = paired.without_labels() if name in self.unlabeled else paired
            others |= {name: whole} if name not in self.validation else self._parted(name, whole)
            if content.test is not None:
                others[f"{name}{TEST}"] = content.test
        groups = tuple(self.environments)
        return Loaded(train, test, first.class_names, groups, others, first.units, aligned=self.aligned)

    def _paired(self, name: str, partners: Split, train: Split) -> Split:
        """A further split whose rows belong to those of the training split, but for those that change places."""
        path = f"others.{name}"
        if len(partners) != len(train):
            message = f"has {len(partners)} training samples, but those that it is aligned with are {len(train)}"
            raise DeclarationError([(path, message)])
        if partners.labels is not None and train.labels is not None and not partners.labels.is_meta:
            different = (partners.labels != train.labels).nonzero()
            if len(different):
                row = int(different[0])
                message = f"row {row} is of another class than the training sample that it is aligned with"
                raise DeclarationError([(path, message)])

        if name not in self.mispaired:
            return partners
        count = round(self.mispaired[name] * len(partners))
        if count < 2:
            message = f"{self.mispaired[name]} of {len(partners)} samples are {count}; two at least can change places"
            raise DeclarationError([(f"mispaired.{name}", message)])
        moving = torch.randperm(len(partners), generator=Step(0, 0).rng("mispaired", name))[:count]
        rows = torch.arange(len(partners))
        rows[moving] = moving.roll(1)
        return partners.part(rows)

    def _parted(self, name: str, whole: Split) -> dict[str, Split]:
        """A further split without what is kept apart of it, and that, by their names."""
        count = round(self.validation[name] * len(whole))
        if not 0 < count < len(whole):
            message = f"{self.validation[name]} of {len(whole)} samples are {count}; both parts need one"
            raise DeclarationError([(f"validation.{name}", message)])
        order = torch.randperm(len(whole), generator=Step(0, 0).rng("held out", name))
        rows = {f"{name}{VALIDATION}": order[:count].sort().values, name: order[count:].sort().values}
        return {part: whole.part(chosen) for part, chosen in rows.items()}


def joined(splits: Sequence[Split]) -> Split:
    """Splits one after the other, the number of each as the group of its samples; images that are together too large
    for memory are kept in the cache."""
    labels = [split.labels for split in splits]
    group = torch.arange(len(splits)).repeat_interleave(torch.tensor([len(split) for split in splits]))
    known = [part for part in labels if part is not None]
    together = torch.cat(known) if len(known) == len(labels) else None

    stored = _stored(splits)
    if stored is not None:
        return Split(stored.open(), together, group, mapped=True, key=stored.key)
    return Split(torch.cat([_values(split) for split in splits]), together, group)


def _stored(splits: Sequence[Split]) -> Stored | None:
    """The images of splits, one after the other, on disk; None where they have room in memory, or are no bytes."""
    first, counts = splits[0], [len(split) for split in splits]
    if any(split.values.dtype != torch.uint8 or split.values.is_meta for split in splits):
        return None
    if sum(counts) * math.prod(first.shape) <= budget():
        return None
    starts = [sum(counts[:number]) for number in range(len(counts))]

    def block(rows: range, done: Done) -> np.ndarray:
        parts = []
        for split, start in zip(splits, starts, strict=True):
            inside = range(max(rows.start - start, 0), min(rows.stop - start, len(split)))
            if inside:
                parts.append(split.gather(torch.arange(inside.start, inside.stop)))
                done(len(inside))
        return torch.cat(parts).numpy()

    key = key_of("joined", [split.fingerprint for split in splits])
    return Stored(key, sum(counts), first.shape, block, "joining")


def _values(split: Split) -> torch.Tensor:
    if split.values.is_meta:  # a plan, which decodes nothing
        return split.values.new_empty(len(split), *split.shape)
    return split.gather(torch.arange(len(split)))


def _load(field: str, parts: Mapping[str, Data]) -> dict[str, Loaded]:
    loaded = {}
    for name, data in parts.items():
        try:
            loaded[f"{field}.{name}"] = data.load()
        except DeclarationError as error:
            raise error.under(f"{field}.{name}") from None
    return loaded
