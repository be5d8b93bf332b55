"""Classifier inheritance: a head that was trained on all data in one space, used in another by way of a few images."""

import copy
import time
from collections.abc import Sequence

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.data import Split
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.models.classifiers.classifier_fit import TrainingSet, accuracy
from matchzoo.models.classifiers.classifiers import LinearClassifier
from matchzoo.models.classifiers.converged import Converged, best_of
from matchzoo.models.classifiers.ridge import fit_ridge
from matchzoo.models.classifiers.scoring import Score, check, summary
from matchzoo.models.classifiers.stored_head import Head

KIND = "inheritance"
"""What results call the protocol."""
PENALTIES = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
"""Candidates for the L2 penalty of the linear map, on features of unit scale."""


def inherited(
    head: LinearClassifier, features: torch.Tensor, home: torch.Tensor, penalties: Sequence[float]
) -> list[LinearClassifier]:
    """A head of one space as a classifier in another: head ∘ map, with the linear map between them fitted by ridge.

    The map A, a minimizes ‖Z Aᵀ + a − Z_home‖² / n + λ ‖A‖². Its solution is linear in Z_home, so the head of the
    mapped features is the ridge regression on the head's own scores, and no map of d × d_home values is ever made.

    Args:
        head: of c classes, [c, d_home].
        features: Z [n, d], of some views of some images in the new space.
        home: Z_home [n, d_home], of the same views in the head's own space.
        penalties: λ > 0, on features of unit scale as in `fit_ridge`.

    Returns:
        A classifier [c, d] a penalty.
    """
    return fit_ridge(features, head.scores(home), len(head.bias), penalties)


@attrs.frozen(eq=False, kw_only=True)
class ClassifierTransfer:
    """A head that is handed on: trained on all training images in the space of one backbone, then frozen.

    On another backbone the images of a set serve only to fit a linear map from its features to those of the head's
    own space, so the head must travel with the images: its bytes are part of what is stored. Among the penalties of the
    map the validation set (real training images) chooses, as in every protocol.

    Attributes:
        home: the bench of the head's own space.
        head: weights [c, d] and biases [c].
        chosen: the penalty of the head; empty if it was stored.

    Source: arXiv 2602.05391 (SFM), evaluation mode "classifier inheritance"; it fits the map by Adam. The closed form,
    and a penalty that is chosen, are ours.
    """

    home: ProbeHarness
    head: LinearClassifier
    chosen: dict[str, float]
    _seen: dict[tuple[Split, ...], list[TrainingSet]] = attrs.field(factory=dict, repr=False)

    @classmethod
    def of(cls, home: ProbeHarness, stored: Head | None = None) -> "ClassifierTransfer":
        """Train the head on all training images, as the protocol `Converged` does; or take one that is stored.

        Raises:
            MatchZooError: the stored one is of another space.
        """
        if stored is not None:
            dimension = home.test.values.shape[1]
            if stored.weight.shape[1] != dimension:
                raise MatchZooError(
                    f"inheritance: the stored head takes {stored.weight.shape[1]} features, {home.name} has {dimension}"
                )
            weight, bias = (x.double().to(home.engine.device) for x in (stored.weight, stored.bias))
            return cls(home=home, head=LinearClassifier(weight, bias), chosen={})
        protocol = Converged()
        same = copy.copy(home)
        same.protocol = protocol
        [fitted] = protocol.fit(same.training_sets([home.data.training_set], full=True), home.validation, home.classes)
        assert isinstance(fitted.classifier, LinearClassifier)
        return cls(home=home, head=fitted.classifier, chosen=fitted.chosen)

    @property
    def bytes(self) -> int:
        """Of the head's c · (d + 1) values in float32."""
        return 4 * (self.head.weight.numel() + self.head.bias.numel())

    @property
    def stored(self) -> Head:
        """The head as it can travel with a distilled set."""
        weight, bias = (x.float().cpu() for x in (self.head.weight, self.head.bias))
        return Head(weight=weight, bias=bias, backbone=self.home.name, top1=self.score.top1)

    @property
    def score(self) -> Score:
        """The head at home, on the test set."""
        return Score.of(self.head, self.home.test, self.home.classes, self.chosen)

    def record(self, bench: ProbeHarness, sets: Sequence[Split]) -> Record:
        """The record of sets of images on a backbone, as `ProbeHarness.record` makes one, with what the head costs.

        Args:
            bench: the new backbone's, of the same data and views as the home. At home the head needs no map: what it
                scores there is its own, whatever the images.
            sets: labeled images, one entry a seed.

        Returns:
            Beside the scores: ``head_backbone``, ``head_bytes`` and ``head_top1`` (at home).
        """
        began = time.monotonic()
        names = {"method": KIND, "backbone": bench.name, "images": len(sets[0]), "protocol": KIND}
        if bench.name == self.home.name:
            scores = [self.score]
        else:
            scores = [
                self._score(bench, *pair) for pair in zip(self._views(bench, sets), self._at_home(sets), strict=True)
            ]
        extra = {"head_backbone": self.home.name, "head_bytes": self.bytes, "head_top1": self.score.top1}
        return {**names, **summary(scores), **extra, "seconds": time.monotonic() - began}

    def _score(self, bench: ProbeHarness, own: TrainingSet, home: TrainingSet) -> Score:
        """Of the best penalty by the validation set."""
        check(own.features, bench.classes, "training", bench.data.class_names)
        validation = own.judges_of(bench.validation)
        assert validation.labels is not None
        candidates = inherited(self.head, own.features.values, home.features.values, PENALTIES)
        accuracies = [accuracy(c.scores(validation.values), validation.labels) for c in candidates]
        best = best_of(accuracies)
        return Score.of(candidates[best], bench.test, bench.classes, {"penalty": PENALTIES[best]})

    def _at_home(self, sets: Sequence[Split]) -> list[TrainingSet]:
        """Features in the head's own space, computed once for all backbones."""
        key = tuple(sets)
        if key not in self._seen:
            self._seen[key] = self._views(self.home, sets)
        return self._seen[key]

    def _views(self, bench: ProbeHarness, sets: Sequence[Split]) -> list[TrainingSet]:
        """The same views of the images on any bench, whatever the protocol that it is at."""
        same = copy.copy(bench)
        same.protocol, same.enough = Converged(), self.home.enough
        return same.training_sets(sets)
