"""Class prototypes: running means of the features of every class, of sets with labels and of sets without."""

from collections.abc import Mapping, Sequence

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between, not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.class_means import classes_of
from matchzoo.matchers.statistics.statistic import Statistic
from matchzoo.projectors.projector import Projector


def class_sums(
    features: torch.Tensor, labels: torch.Tensor, classes: int, weights: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sums over the rows of every class of w z [c, d] and of w [c]; both are 0 for a class without rows.

    Args:
        features: [n, d].
        labels: class indices [n].
        classes: c.
        weights: w, [n] non-negative; None for ones.
    """
    rows = features.new_ones(len(features)) if weights is None else weights.to(features)
    labels = labels.to(features.device)
    sums = features.new_zeros(classes, features.shape[1]).index_add(0, labels, features * rows[:, None])
    return sums, features.new_zeros(classes).index_add(0, labels, rows)


@declare("prototypes")
class Prototypes(Statistic):
    """Prototypes [c, d] of a set: for every class a running mean c_k ← β c_k + (1 − β) m_k of its mean m_k in each
    batch, the past held fixed; under ``squared`` and ``pairwise`` they align the classes of a labeled and of an
    unlabeled set.

    Where a set has no labels, those that a head predicts take their place (pseudo-labels), without a gradient through
    them. A class that a batch lacks keeps its prototype; the first mean of a class is its prototype, with the gradient
    of 1 − β of it. A class that one of the sets has not had yet counts nothing: its rows are 0 in all of them.

    The running means are state, kept in checkpoints and written once an update has succeeded.

    Source: Xie et al., Learning semantic representations for unsupervised domain adaptation (MSTN), ICML 2018, whose
    prototypes start at 0.
    """

    head: str = attrs.field(validator=not_empty())
    """Name of the projector of class scores, which stands on the space in which sets are compared."""
    decay: float = attrs.field(default=0.7, validator=between(0, 1, open_high=True))
    """β, the share of the past; 0 for the means of the batch."""

    def build(self, spec: Spec) -> None:
        """Make room for the running means; raises without classes, or outside of a recipe, which knows the number of
        the sets."""
        self.classes = classes_of(spec, "prototypes")
        self.space = spec.space.removeprefix("projectors.")
        self.pending: tuple[torch.Tensor, torch.Tensor] | None = None
        if not spec.sets or spec.features is None:
            raise DeclarationError(
                [("statistic", "prototypes are of the sets of a recipe, whose running means it keeps")]
            )
        self.register_buffer("past", torch.zeros(spec.sets, self.classes, spec.features))
        self.register_buffer("known", torch.zeros(spec.sets, self.classes, dtype=torch.bool))

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the head; raises if there is none of that name, or it stands elsewhere."""
        head = parts.get(self.head)
        if not isinstance(head, Projector):
            hint = did_you_mean(self.head, parts)
            raise DeclarationError([("statistic.head", f"unknown projector '{self.head}'{hint}")])
        if head.base != self.space:
            message = f"the head stands on '{head.base or 'samples'}', but the term's space is '{self.space}'"
            raise DeclarationError([("statistic.head", f"{message}; give the term the space that the head stands on")])
        self.scores = (head,)  # in a tuple, since it is not a part of this

    def labels_of(self, samples: Samples) -> torch.Tensor:
        """The labels [n] of a set, or those that the head predicts."""
        if samples.labels is not None:
            return class_indices(samples.labels)
        with torch.no_grad():
            return self.scores[0].project(samples.values.detach()).argmax(1)

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """Raises: prototypes have a past for each of the sets, so they are of all of them."""
        raise MatchZooError("prototypes: are of all sets of a term together; use measure_all")

    def measure_all(self, sets: Sequence[Samples], step: Step) -> list[torch.Tensor]:
        """The prototypes [c, d] of all sets."""
        past, known = self.get_buffer("past").to(sets[0].values), self.get_buffer("known")
        means = []
        for number, samples in enumerate(sets):
            sums, mass = class_sums(samples.values, self.labels_of(samples), self.classes, samples.weights)
            mean = sums / mass.clamp_min(torch.finfo(mass.dtype).tiny)[:, None]
            before = torch.where(known[number][:, None], past[number], mean.detach())
            moved = self.decay * before + (1 - self.decay) * mean
            means.append((torch.where((mass > 0)[:, None], moved, past[number]), known[number] | (mass > 0)))

        prototypes, seen = (torch.stack(values) for values in zip(*means, strict=True))
        self.pending = prototypes.detach(), seen
        return list((prototypes * seen.all(0)[:, None]).unbind())

    def after_step(self) -> None:
        """Write the running means of the update that has succeeded."""
        if self.pending is not None:
            for name, value in zip(("past", "known"), self.pending, strict=True):
                self.get_buffer(name).copy_(value)
            self.pending = None
