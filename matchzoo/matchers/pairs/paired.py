"""How far the rows of two sets are from each other, pair by pair."""

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher

PairedDistance = Literal["squared", "euclidean", "cosine", "jensen-shannon"]
"""How far two rows are apart: see `paired_distance`."""


@checked
def paired_distance(x: torch.Tensor, y: torch.Tensor, distance: PairedDistance = "squared") -> torch.Tensor:
    """The mean over rows of the distance of x_i and y_i, a scalar ≥ 0.

    Args:
        x: [n, d].
        y: [n, d].
        distance: ``squared`` is Σ (x − y)², ``euclidean`` its root, ``cosine`` 1 − cos(x, y), ``jensen-shannon`` the
            divergence, in nats, of the probabilities softmax(x) and softmax(y), at most log 2.
    """
    if x.shape != y.shape:
        raise MatchZooError(f"paired: expected two sets of one shape, got {tuple(x.shape)} and {tuple(y.shape)}")
    if distance == "cosine":
        return (1 - F.cosine_similarity(x, y, dim=1)).mean()
    if distance == "jensen-shannon":
        p, q = x.log_softmax(1), y.log_softmax(1)
        middle = torch.logaddexp(p, q) - math.log(2)
        return (p.exp() * (p - middle) + q.exp() * (q - middle)).sum(1).mean() / 2
    squares = (x - y).square().sum(1)
    return squares.mean() if distance == "squared" else squares.clamp_min(torch.finfo(x.dtype).tiny).sqrt().mean()


@declare("paired")
class Paired(Matcher):
    """`paired_distance` of two sets whose rows belong together: what a map moves its samples by (``source`` and
    ``synthetic``), or how far two views of the same rows are apart (``real`` and ``real'``).

    With two names as ``space`` each set is taken in one of them, such as the second in that of a fixed copy
    (`Average`), which has no gradient.

    Examples:
        >>> Paired(distance="cosine")(x, y)  # [n, d] each; a scalar
    """

    default_sets: ClassVar[tuple[str, ...]] = ("source", "synthetic")
    pairs_spaces: ClassVar[bool] = True
    distance: PairedDistance = "squared"
    """Of the features of a pair."""
    fixed: Literal["first", "second", "none"] = "none"
    """The set that gets no gradient: what a weak view of a sample says, for a strong one of it."""

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The mean distance; raises for sets of different shapes."""
        first, second = (unweighted(samples, "paired").values for samples in sets)
        first = first.detach() if self.fixed == "first" else first
        second = second.detach() if self.fixed == "second" else second
        return Discrepancy(paired_distance(first, second, self.distance))
