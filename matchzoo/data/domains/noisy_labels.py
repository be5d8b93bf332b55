"""Another data set with some of its training labels wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.step import Step
from matchzoo.core.storage.files import file_sha256
from matchzoo.data.data import Data, Loaded


def flipped(labels: torch.Tensor, transition: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Labels [n] int64, each drawn from the row of a transition matrix that its class has.

    As many samples of a class get another label as the matrix says, to rounding: the number of samples that move from
    class j to class k is fixed, and which they are is random.

    Examples:
        >>> flipped(labels, symmetric_transition(10, 0.4), torch.Generator().manual_seed(0))

    Args:
        labels: [n] int64.
        transition: T [c, c], whose rows sum to 1: T_jk is the share of class j that is said to be k.
        rng: on the CPU.
    """
    noisy = labels.clone()
    for label, shares in enumerate(transition.double().cpu()):
        rows = (labels == label).nonzero().flatten()
        ends = (shares.cumsum(0) * len(rows)).round().long()
        counts = ends.diff(prepend=ends.new_zeros(1)).clamp_min(0)
        others = torch.repeat_interleave(torch.arange(len(shares)), counts)[: len(rows)].to(labels)
        order = torch.randperm(len(rows), generator=rng)[: len(others)]
        noisy[rows[order.to(rows.device)]] = others
    return noisy


def symmetric_transition(classes: int, rate: float, keep: bool = False) -> torch.Tensor:
    """T [c, c] for which a share ``rate`` of every class gets a label uniformly from the other classes or, with
    ``keep``, from all of them, so that only rate · (c − 1) / c are wrong; float64.

    Args:
        classes: c ≥ 2.
        rate: in [0, 1].
        keep: whether the new label may be the old one, as in the code of Liu et al. (ELR), 2020.

    Raises:
        MatchZooError: there are fewer than two classes, or the rate is not a share.
    """
    _check_transition(classes, rate)
    uniform = torch.full((classes, classes), 1 / (classes if keep else classes - 1), dtype=torch.float64)
    if not keep:
        uniform.fill_diagonal_(0)
    return (1 - rate) * torch.eye(classes, dtype=torch.float64) + rate * uniform


def asymmetric_transition(classes: int, rate: float, confused: Mapping[int, int] | None = None) -> torch.Tensor:
    """T [c, c] for which a share ``rate`` of a class gets the label of the one class that it is confused with; float64.

    Args:
        classes: c ≥ 2.
        rate: in [0, 1].
        confused: class to class; those that are not in it keep their labels. The next class, and the first for the
            last, if not given.

    Raises:
        MatchZooError: as `symmetric_transition`.
    """
    _check_transition(classes, rate)
    pairs = {label: (label + 1) % classes for label in range(classes)} if confused is None else confused
    transition = torch.eye(classes, dtype=torch.float64)
    for label, other in pairs.items():
        transition[label, label] -= rate
        transition[label, other] += rate
    return transition


def _check_transition(classes: int, rate: float) -> None:
    if classes < 2 or not 0 <= rate <= 1:
        message = f"expected at least 2 classes and a rate between 0 and 1, got {classes} and {rate}"
        raise MatchZooError(f"noisy labels: {message}")


@declare("noisy-labels")
class NoisyLabels(Data):
    """Another data set with some of its training labels wrong: a share of them at random, or all of them from a file.

    Test samples keep their labels. What the training labels were is known to evaluations alone (``memorization``):
    neither terms nor results see it.

    Examples:
        >>> NoisyLabels(source=Digits(), rate=0.4).load().clean_labels.shape
        torch.Size([899])
    """

    source: Data
    """Labeled samples."""
    rate: float = attrs.field(default=0.4, validator=between(0, 1))
    """Share of the training samples of every class whose label is changed; of no meaning with a file."""
    noise: Literal["symmetric", "asymmetric"] = "symmetric"
    """A label uniformly from the other classes, or that of the one class that it is confused with."""
    confused: dict[str, str] = attrs.Factory(dict)
    """Names of classes, and of those that they are confused with, for ``asymmetric``; other classes keep their labels.
    Each with the next one if not given."""
    keep: bool = False
    """Whether a changed label of ``symmetric`` may be the old one, so that fewer than ``rate`` are wrong."""
    file: str | None = None
    """Labels of all training samples, in their order, in place of all this: one class number per line, or in a .npy."""
    noise_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of what is changed."""

    def __attrs_post_init__(self) -> None:
        self.labels_sha256: str | None = None
        if self.file is not None:
            given = {"noise": self.noise != "symmetric", "confused": bool(self.confused), "keep": self.keep}
            odd = [name for name, is_given in given.items() if is_given]
            if odd:
                raise DeclarationError([(odd[0], "labels are those of the file; leave it out")])
        if self.confused and self.noise != "asymmetric":
            raise DeclarationError([("confused", 'is for noise = "asymmetric"')])
        if self.keep and self.noise != "symmetric":
            raise DeclarationError([("keep", 'is for noise = "symmetric"')])

    def load(self) -> Loaded:
        """Load the source and change labels; raises where it has none, or a class or the file does not fit."""
        try:
            loaded = self.source.load()
        except DeclarationError as error:
            raise error.under("source") from None
        labels = loaded.train.labels
        if labels is None or not loaded.class_names:
            raise DeclarationError([("source", "its training samples have no labels that could be noisy")])
        train = loaded.train.with_labels(self._noisy(labels, loaded.class_names))
        clean = labels if loaded.clean_labels is None else loaded.clean_labels
        return attrs.evolve(loaded, train=train, clean_labels=clean)

    def origin(self) -> dict[str, Any]:
        """That of the source, and the SHA-256 of the file of labels."""
        return self.source.origin() | ({} if self.labels_sha256 is None else {"labels_sha256": self.labels_sha256})

    def _noisy(self, labels: torch.Tensor, names: tuple[str, ...]) -> torch.Tensor:
        if self.file is not None:
            path = Path(self.file).expanduser()
            read = _read(path, len(labels), names)
            self.labels_sha256 = file_sha256(path)
            return read
        if self.noise == "symmetric":
            transition = symmetric_transition(len(names), self.rate, self.keep)
        else:
            transition = asymmetric_transition(len(names), self.rate, self._pairs(names))
        return flipped(labels, transition, Step(0, self.noise_seed).rng("noisy labels"))

    def _pairs(self, names: tuple[str, ...]) -> dict[int, int] | None:
        """The classes that are confused, by number."""
        for name in (*self.confused, *self.confused.values()):
            if name not in names:
                raise DeclarationError([("confused", f"there is no class '{name}'{did_you_mean(name, names)}")])
        return {names.index(name): names.index(other) for name, other in self.confused.items()} or None


def _read(path: Path, count: int, names: tuple[str, ...]) -> torch.Tensor:
    """Class numbers [n] of a file, checked."""
    try:
        numbers = np.load(path) if path.suffix == ".npy" else np.loadtxt(path, dtype=np.int64, ndmin=1)
    except FileNotFoundError:
        raise DeclarationError([("file", f"there is no file '{path}'")]) from None
    except (ValueError, OSError) as error:
        raise DeclarationError(
            [("file", f"'{path}' cannot be read as class numbers, one per line ({error})")]
        ) from None
    if numbers.shape != (count,) or not np.issubdtype(numbers.dtype, np.integer):
        got = f"{numbers.dtype} {list(numbers.shape)}"
        raise DeclarationError([("file", f"expected {count} class numbers, one per training sample, got {got}")])
    odd = numbers[(numbers < 0) | (numbers >= len(names))]
    if len(odd):
        raise DeclarationError([("file", f"class numbers go from 0 to {len(names) - 1}, got {odd[0]}")])
    return torch.from_numpy(numbers.astype(np.int64))
