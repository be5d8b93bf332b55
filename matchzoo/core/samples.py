"""What travels between the parts: samples with all that is known of them."""

from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.distances import gaussian, squared_distances
from matchzoo.core.numerics.typical_distances import typical_distance
from matchzoo.core.spec import Spec


def class_indices(labels: torch.Tensor) -> torch.Tensor:
    """Labels [n] as they are, or the most probable classes [n] of probabilities [n, c]."""
    return labels.argmax(1) if labels.ndim == 2 else labels


def probabilities(labels: torch.Tensor, classes: int, like: torch.Tensor) -> torch.Tensor:
    """Labels [n] as one-hot rows, or probabilities [n, c] as they are, in the precision and place of ``like``."""
    if labels.ndim == 2:
        return labels.to(like)
    return torch.nn.functional.one_hot(labels.to(like.device), classes).to(like)


@attrs.define(eq=False, weakref_slot=True)
class Samples:
    """A set of n samples.

    Attributes:
        values: [n, …], differentiable where a player moves what made them. Images are [n, c, h, w] in [0, 1].
        labels: class indices [n] (int64) or class probabilities [n, c]; None if there are none.
        weights: [n] non-negative, None for equal weights.
        index: [n] int64, the row of each sample in the set it was drawn from; None if that has no meaning.
        origin: the samples that these are the features of (or the image of); None for those that came first.
        group: [n] int64, the environment or subgroup of each sample; None if there are none.
        source: the samples that these are the images of under a map, row by row; None where there was no map.
        decode: from values [n, …] such as these back to values [n, …] such as those of ``origin``; None where there
            is no way.
        columns: names of the d numbers of rows [n, d] of a table, which are in its units; empty for all others.
    """

    values: torch.Tensor
    labels: torch.Tensor | None = None
    weights: torch.Tensor | None = None
    index: torch.Tensor | None = None
    origin: "Samples | None" = None
    group: torch.Tensor | None = None
    decode: Callable[[torch.Tensor], torch.Tensor] | None = None
    source: "Samples | None" = None
    columns: tuple[str, ...] = ()
    # Weak keys: two sets that hold each other's matrices would be a cycle, and keep their graph until a collection.
    _kept: "WeakKeyDictionary[Samples, dict[float | str | None, torch.Tensor]]" = attrs.field(
        init=False, repr=False, factory=WeakKeyDictionary
    )

    def __len__(self) -> int:
        return len(self.values)

    def with_values(self, values: torch.Tensor) -> "Samples":
        """Samples of the same labels, weights, index and group with other values [n, …]; ``origin`` is this set."""
        return Samples(values, self.labels, self.weights, self.index, origin=self, group=self.group)

    def rows(self, index: torch.Tensor) -> "Samples":
        """The samples of some rows [k] (int64), repeats allowed; differentiable."""

        def pick(x: torch.Tensor | None) -> torch.Tensor | None:
            return None if x is None else x[index]

        labels, weights, own, group = map(pick, (self.labels, self.weights, self.index, self.group))
        return Samples(self.values[index], labels, weights, own, self.origin, group)

    def to(self, device: torch.device, dtype: torch.dtype) -> "Samples":
        """The same samples on a device, floating-point values in ``dtype``; these themselves if they are so."""
        held = [x for x in (self.values, self.labels, self.weights, self.index, self.group) if x is not None]
        if all(x.device == device and (x.dtype == dtype or not x.is_floating_point()) for x in held):
            return self

        def move(x: torch.Tensor | None) -> torch.Tensor | None:
            return None if x is None else x.to(device, dtype if x.is_floating_point() else None)

        values = self.values.to(device, dtype if self.values.is_floating_point() else None)
        labels, weights, index, group = map(move, (self.labels, self.weights, self.index, self.group))
        return Samples(values, labels, weights, index, self.origin, group)

    def squared_distances(self, other: "Samples") -> torch.Tensor:
        """Squared Euclidean distances [n, m] to the other set's flattened values, computed once and kept."""
        return self._keep(other, None, lambda: squared_distances(*self._points(other)))

    def gram(self, other: "Samples", bandwidth: float) -> torch.Tensor:
        """Gaussian Gram matrix [n, m] with the other set, for a bandwidth s > 0; computed once and kept.

        Players that share a space so share their Gram matrices, and the graph behind them.
        """
        return self._keep(other, bandwidth, lambda: gaussian(self.squared_distances(other), bandwidth))

    def typical_distance(self, other: "Samples", name: str) -> float:
        """The ``median`` or ``rms`` distance of the two sets pooled, without a gradient; computed once and kept."""
        kept = self._keep(other, name, lambda: _scalar(typical_distance(*self._points(other), name)))
        return kept.item()

    def _points(self, other: "Samples") -> tuple[torch.Tensor, torch.Tensor]:
        x = self.values.flatten(1)
        return x, x if other is self else other.values.flatten(1)

    def _keep(self, other: "Samples", name: float | str | None, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
        own = self._kept.setdefault(other, {})
        if name not in own:
            mirrored = other._kept.get(self, {})
            if name in mirrored:
                return mirrored[name].mT
            value = compute()
            if not torch.is_grad_enabled() and (self.values.requires_grad or other.values.requires_grad):
                return value  # it has no graph, which those who ask later may want
            own[name] = value
        return own[name]


def _scalar(value: float) -> torch.Tensor:
    return torch.tensor([[value]], dtype=torch.float64)


def as_samples(
    given: torch.Tensor | Samples, labels: torch.Tensor | None = None, weights: torch.Tensor | None = None
) -> Samples:
    """A tensor as `Samples`; samples are returned as they are.

    Examples:
        >>> as_samples(torch.rand(5, 2)).values.shape
        torch.Size([5, 2])

    Args:
        given: values [n, …]; [n] are n samples of one value each.
        labels: class indices [n] or probabilities [n, c] of a tensor.
        weights: [n] non-negative, of a tensor.

    Raises:
        MatchZooError: it is neither, has no row, is not of floating point, or labels or weights are of another length;
            or labels or weights are given beside samples, which have their own.
    """
    if isinstance(given, Samples):
        if labels is not None or weights is not None:
            raise MatchZooError("samples: they have labels and weights of their own; give them as Samples(…, labels)")
        return given
    if not isinstance(given, torch.Tensor):
        kind = type(given).__name__
        raise MatchZooError(f"samples: expected a tensor [n, …] or Samples, got {kind}; use torch.as_tensor")
    if given.ndim == 0 or len(given) == 0 or not given.is_floating_point():
        got = f"{str(given.dtype).removeprefix('torch.')} {list(given.shape)}"
        raise MatchZooError(f"samples: expected values [n, …] of floating point, n at least 1, got {got}; use .float()")
    for name, beside in (("labels", labels), ("weights", weights)):
        if beside is not None and len(beside) != len(given):
            raise MatchZooError(f"{name}: expected one of each of {len(given)} samples, got {len(beside)}")

    return Samples(given[:, None] if given.ndim == 1 else given, labels, weights)


def concatenated(sets: Sequence[Samples]) -> Samples:
    """Sets that have the same of labels, weights, index, group and source, one after the other; what they are the
    features of is not kept."""
    if len(sets) == 1:
        return sets[0]

    def joined(parts: Sequence[torch.Tensor | None]) -> torch.Tensor | None:
        return None if parts[0] is None else torch.cat([part for part in parts if part is not None])

    columns = [[getattr(one, name) for one in sets] for name in ("labels", "weights", "index", "group")]
    labels, weights, index, group = map(joined, columns)
    sources = [one.source for one in sets if one.source is not None]
    source = concatenated(sources) if sources else None
    return Samples(torch.cat([one.values for one in sets]), labels, weights, index, group=group, source=source)


def unweighted(samples: Samples, what: str) -> Samples:
    """Samples as they are; a `MatchZooError` if they have weights, for whatever would leave these out of account.

    Args:
        samples: that are looked at.
        what: looks at them, for the error, such as ``gan``.
    """
    if samples.weights is not None:
        raise MatchZooError(
            f"{what}: takes no weights of samples; leave Samples.weights out, or draw rows in proportion to them: "
            "samples.rows(torch.multinomial(samples.weights, n, replacement=True)), without their weights"
        )
    return samples


def spec_of(sets: Sequence[Samples], classes: int | None = None) -> Spec:
    """What sets of features say by themselves: their dimension, and how many classes they have.

    Args:
        sets: at least one, values [n, …].
        classes: how many there are; if not given, the columns of probabilities or one more than the largest label.
    """
    if classes is None:
        labeled = [samples.labels for samples in sets if samples.labels is not None]
        known = (labels.shape[1] if labels.ndim == 2 else int(labels.max()) + 1 for labels in labeled)
        classes = max(known, default=None)

    values = sets[0].values
    names = tuple(map(str, range(classes or 0)))
    features = values.flatten(1).shape[1]
    return Spec(shape=tuple(values.shape[1:]), classes=classes, class_names=names, count=len(values), features=features)
