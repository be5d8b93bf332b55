"""The question of a protocol: how is a classifier trained on frozen features, and who chooses what is left open?"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import FAMILIES, family
from matchzoo.core.samples import Samples, unweighted
from matchzoo.models.classifiers.classifiers import FeatureClassifier
from matchzoo.models.classifiers.classifiers import accuracy as accuracy
from matchzoo.models.classifiers.classifiers import hits as hits


@attrs.frozen(eq=False, kw_only=True)
class TrainingSet:
    """What one classifier is trained on: features of some views of some images.

    Attributes:
        features: values [m · v, d], all v views of an image in a row, labels [m · v] or probabilities [m · v, c].
        views: v, of every image.
        seed: of whatever the protocol draws.
        held_out: [m · v] bool, rows of images that the validation set has too: left out while a hyper-parameter is
            chosen, used for the result. None if there are none.
        judges: [n] bool, rows of the validation set that choose for this set: those that are not of its own images.
            None for all.
        full: these are all training images, for which some protocols train differently.
    """

    features: Samples
    views: int
    seed: int = 0
    held_out: torch.Tensor | None = None
    judges: torch.Tensor | None = None
    full: bool = False

    def __attrs_post_init__(self) -> None:
        unweighted(self.features, "training: a classifier of features")

    def judges_of(self, validation: Samples) -> Samples:
        """The rows of the validation set [n] that choose for this set."""
        unweighted(validation, "validation: a classifier of features")
        return validation if self.judges is None else validation.rows(self.judges.nonzero().flatten())


@attrs.frozen(eq=False, kw_only=True)
class Fitted:
    """A trained classifier.

    Attributes:
        classifier: features [n, d] → scores [n, c].
        chosen: hyper-parameters that the validation set chose, by name; empty where nothing is open.
    """

    classifier: FeatureClassifier
    chosen: dict[str, float]


@family("protocol")
class ClassifierFit(ABC):
    """How a classifier is trained on frozen features. It never sees the test set.

    On plain tensors call `linear_probe`, which takes any of these as ``method``.

    Attributes:
        chooses: whether it has anything that the validation set chooses.
    """

    chooses: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        """What recipes and results call it."""
        return FAMILIES[ClassifierFit].kind_of(type(self))

    def views(self, enough: int, full: bool) -> int:
        """Views of every image that it trains on, where ``enough`` would do for one fixed set; 0 for un-augmented."""
        return enough

    @property
    def draws(self) -> bool:
        """Whether a seed draws anything: views, or whatever the training does; else its score is one number."""
        return self.views(1, False) > 0

    @property
    def shares_views(self) -> bool:
        """Whether all seeds train on one and the same collection of views, because the seed is in the training."""
        return False

    @abstractmethod
    def fit(self, sets: Sequence[TrainingSet], validation: Samples, classes: int) -> list[Fitted]:
        """Train one classifier for each set.

        Args:
            sets: training sets; those of equal size may be trained at once.
            validation: un-augmented features [n, d] with labels [n]: these alone choose hyper-parameters, for each set
                those that it says (`TrainingSet.judges_of`).
            classes: c.
        """
