"""Where the real side of a term comes from."""

from abc import ABC, abstractmethod

import attrs
import torch

from matchzoo.core.declaration.declare import declare, family
from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError
from matchzoo.core.numerics.float64 import double
from matchzoo.core.samples import Samples


@family("reference")
class Reference(ABC):
    """Where the real side of a term comes from."""

    @property
    @abstractmethod
    def views(self) -> int | None:
        """Views of every training sample to store (0: one, not augmented); None to draw a new batch each step."""

    def keep(self, features: Samples, classes: int | None) -> Samples:
        """What is stored of the features [n, d] of all those views."""
        return features

    @property
    def key(self) -> str:
        """Equal for references that store the same."""
        return str(to_table(self))


@declare("online")
class Online(Reference):
    """A new batch of real samples each step, one view of each."""

    @property
    def views(self) -> int | None:
        """Nothing is stored."""
        return None


@declare("cache")
class Cache(Reference):
    """The features of all training samples, computed once: the exact full-data statistic in every step.

    Classes weigh as ``data.sampling`` says: as many samples as they have, or all the same. Only for a projector that
    nobody moves.
    """

    copies: int = attrs.field(default=0, validator=at_least(0))
    """Views of every training sample; 0 for a single one without augmentation."""
    float16: bool = False
    """Hold them in half the memory, as float16 (11 bits of precision). Terms compute in the precision of the run: head
    gradients, class means, flows and linear probes widen a part at a time, every other term gets all features widened
    in each update, which saves nothing."""

    @property
    def views(self) -> int | None:
        """The copies."""
        return self.copies

    def keep(self, features: Samples, classes: int | None) -> Samples:
        """All of them; raises where float16 cannot hold a feature."""
        if not self.float16:
            return features
        values = features.values.to(torch.float16)
        if not bool(values.isfinite().all()):
            message = "some features are beyond what float16 holds (65 504); use float16 = false"
            raise DeclarationError([("reference.float16", message)])
        return attrs.evolve(features, values=values)


@declare("class-means")
class ClassMeans(Reference):
    """The mean feature of every class, computed once, as one sample that weighs as much as its class.

    Exact for statistics that are functions of class means (flows, linear kernels); for the gradient of a linear head it
    takes softmax(E z) for E softmax(z), which is close while the head's outputs are small (``head-gradient`` with std =
    0.01). The cheapest real side: a row a class. Only for a projector that nobody moves.

    Source: the real side of Statistical Flow Matching (arXiv 2602.05391), whose views are un-augmented (copies = 0).
    """

    copies: int = attrs.field(default=0, validator=at_least(0))
    """Views of every training sample that the means are of; 0 for a single one without augmentation."""

    @property
    def views(self) -> int | None:
        """The copies."""
        return self.copies

    def keep(self, features: Samples, classes: int | None) -> Samples:
        """Means [classes, d] with weights [classes], the number (or the weight) of the samples of each."""
        if features.labels is None or classes is None:
            raise DeclarationError([("reference", "class means need data with labels; use 'cache' or 'online'")])
        weights = features.weights
        if weights is None:
            weights = torch.ones(len(features), dtype=features.values.dtype, device=features.values.device)
        means, totals = weighted_class_means(features.values, features.labels, weights, classes)
        return Samples(means, torch.arange(classes, device=means.device), totals.to(means))


ROWS = 2**13
"""Rows whose features are summed at once."""


def weighted_class_means(
    values: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor, classes: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted means of the rows of every class, summed in float64.

    Args:
        values: [n, d].
        labels: [n] int64, every class among them.
        weights: [n] positive.
        classes: c.

    Returns:
        Means [c, d] in the precision of the values, and the sums of the weights [c] in float64.
    """
    wide = double(weights)
    places = labels.to(wide.device)
    totals = wide.new_zeros(classes).index_add_(0, places, wide)
    sums = wide.new_zeros(classes, values.shape[1])
    for some in torch.arange(len(values), device=wide.device).split(ROWS):
        sums.index_add_(0, places[some], double(values[some.to(values.device)]) * wide[some, None])
    return (sums / totals[:, None]).to(values), totals
