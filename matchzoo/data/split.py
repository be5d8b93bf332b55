"""The samples of one part of a data set: training, test or another."""

import functools
import hashlib
import math

import torch
from torch import nn

from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.data.reading.numbering import UNLABELED

HASHED = 2**30
"""Bytes of values up to which a digest is of all of them."""
BLOCK = 512
"""Images whose moments are summed at once."""


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

    @functools.cached_property
    def digest(self) -> str:
        """A hash of values, labels and groups in their order, the same wherever they are read from.

        Beyond `HASHED` bytes of values, of as many rows as fit, evenly spread: reading all of them may take long.
        """
        row = self.values.element_size() * max(1, math.prod(self.shape))
        count = min(len(self), max(1, HASHED // row))
        if count == len(self) and not self.key:
            values = self.fingerprint
        else:
            values = _hash(self.gather(torch.arange(count) * len(self) // count))
        digest = hashlib.sha256(f"{len(self)} {values}".encode())
        for integers in (self.labels, self.group):
            digest.update(b"none" if integers is None else _hash(integers).encode())
        return digest.hexdigest()

    @functools.cached_property
    def moments(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation [c, 1, 1] of the channels of images over all rows and pixels, float64, on the
        CPU; a channel that is constant has a standard deviation of 1."""
        total, squares, count = torch.zeros(()), torch.zeros(()), 0
        for rows in torch.arange(len(self), device=self.values.device).split(BLOCK):
            values = self.render(rows).values.double()
            total, squares = total + values.sum((0, 2, 3)).cpu(), squares + values.square().sum((0, 2, 3)).cpu()
            count += values[:, 0].numel()
        mean = total / count
        std = (squares / count - mean.square()).clamp_min(0).sqrt()
        return mean[:, None, None], torch.where(std > 1e-6, std, 1)[:, None, None]

    def gather(self, index: torch.Tensor) -> torch.Tensor:
        """The values [k, …] of some rows [k], as they are stored (uint8 for images), where the index is."""
        rows = index.to(self.values.device)
        return self.values[rows if self.chosen is None else self.chosen[rows]].to(index.device)

    def render(self, index: torch.Tensor) -> Samples:
        """The samples of some rows [k], where the index is."""
        values = self.gather(index)
        if values.dtype == torch.uint8:
            values = values.float() / 255

        def pick(x: torch.Tensor | None) -> torch.Tensor | None:
            return None if x is None else x[index.to(x.device)].to(index.device)

        return Samples(values, pick(self.labels), index=index, group=pick(self.group))

    def part(self, rows: torch.Tensor) -> "Split":
        """The samples of some rows [k], in that order, as a split: in memory or mapped, as this one is."""

        def pick(x: torch.Tensor | None) -> torch.Tensor | None:
            return None if x is None else x[rows.to(x.device)]

        chosen = rows.to(self.values.device) if self.chosen is None else self.chosen[rows]
        return Split(self.values, pick(self.labels), pick(self.group), rows=chosen, mapped=self.mapped, key=self.key)

    def with_labels(self, labels: torch.Tensor) -> "Split":
        """The same samples and groups with other labels [n] int64; values are shared."""
        return Split(self.values, labels, self.group, rows=self.chosen, mapped=self.mapped, key=self.key)

    def without_labels(self) -> "Split":
        """The same samples without labels and groups; values are shared."""
        return Split(self.values, rows=self.chosen, mapped=self.mapped, key=self.key)

    def all(self) -> Samples:
        """Every sample, in order."""
        return self.render(torch.arange(len(self), device=self.values.device))


def _hash(values: torch.Tensor) -> str:
    """Of type, shape and bytes."""
    stored = values.detach().cpu().contiguous()
    digest = hashlib.sha256(f"{stored.dtype} {list(stored.shape)}".encode())
    digest.update(stored.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


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


def stratified_by_group(
    labels: torch.Tensor, groups: torch.Tensor, share: float, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two disjoint sets of rows with the same share of every class in every group.

    Args:
        labels: [n] int64; rows that are `UNLABELED` are of the first set, and so is the only one of a class in a group.
        groups: [n] int64.
        share: of the second set, in (0, 1).
        seed: of the shuffle.

    Returns:
        Rows of the first and of the second set, each ascending.

    Raises:
        DeclarationError: nothing is left for the second set.
    """
    pairs = torch.stack([groups, labels], 1)
    _, cells, counts = pairs.unique(dim=0, return_inverse=True, return_counts=True)
    several = (counts[cells] > 1) & (labels != UNLABELED)
    if not several.any():
        message = "no class has two samples in a group, so that none can be kept for testing; set test_share = 0"
        raise DeclarationError([("test_share", message)])
    rows = several.nonzero().flatten()
    first, second = stratified(cells[rows].unique(return_inverse=True)[1], share, seed)
    return torch.cat([rows[first], (~several).nonzero().flatten()]).sort().values, rows[second]
