"""What is declared of training a network from scratch."""

from typing import Any, Literal, cast

import attrs

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, between, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.data.views import Views
from matchzoo.evaluation.evaluation import Evaluation
from matchzoo.evaluation.scratch.fitting import Optimizer, Schedule
from matchzoo.evaluation.scratch.losses import Loss
from matchzoo.models.networks import ConvNet, Network
from matchzoo.projectors import Projector

Labels = Literal["stored", "classes", "teacher", "teacher-once"]
RealImages = Literal["random", "full"]
"""Baselines: real training images at random, as many of every class, or all there are."""


@declare
class ScratchTraining(Evaluation):
    """How networks are trained from scratch."""

    network: Network = attrs.Factory(ConvNet)
    """What is trained; another one than that of the recipe measures how far the images carry over."""
    epochs: int = attrs.field(default=300, validator=at_least(1))
    """Passes over the images."""
    batch: int = attrs.field(default=256, validator=at_least(1))
    """Images a step."""
    lr: float = attrs.field(default=0.01, validator=positive())
    """Learning rate at the start."""
    rates: Several[float] = attrs.field(default=(), validator=positive())
    """Candidates for the learning rate, in place of ``lr``: for each set that of the best accuracy on
    ``validation_share`` of the real training images, of one network trained with each."""
    validation_share: float = attrs.field(default=0.3, validator=[positive(), between(0, 1, open_high=True)])
    """Share of the real training images that choose among ``rates``, but for those that a set itself has."""
    optimizer: Optimizer = "sgd"
    """SGD with momentum, Adam (with an L2 penalty) or AdamW (with decoupled weight decay)."""
    schedule: Schedule = "step"
    """A tenth of the rate in the second half of the epochs, or half a cosine, epoch by epoch."""
    momentum: float = attrs.field(default=0.9, validator=between(0, 1, open_high=True))
    """Of SGD."""
    weight_decay: float = attrs.field(default=5e-4, validator=at_least(0))
    """L2 penalty; decoupled with ``adamw``."""
    loss: Loss = "cross-entropy"
    """Of scores and labels; the other two take labels as probabilities, at a temperature."""
    temperature: float = attrs.field(default=1.0, validator=positive())
    """Of ``soft-cross-entropy`` and ``kl``: it divides the scores, and tempers the labels likewise."""
    labels: Labels = "stored"
    """Of the images that are trained on: as they are, their most probable class, a teacher's probabilities for what is
    seen of an image in each step (``teacher``), or for the image as it is, once (``teacher-once``)."""
    teacher: Projector | None = None
    """A space whose features are class scores of images in [0, 1], such as ``{ kind = "model", path = "runs/a" }``; a
    network of the same kind that is trained in the same way on all real training images if not given."""
    mixup: float = attrs.field(default=0.0, validator=at_least(0))
    """α of the Beta distribution of mixup's share; 0 for none."""
    cutmix: float = attrs.field(default=0.0, validator=at_least(0))
    """α of cutmix; 0 for none. Where there is mixup too, a batch has one of them, each half of the time."""
    seeds: int = attrs.field(default=5, validator=at_least(1))
    """Networks that are trained on each set; the random baseline has new images for each."""
    views: Views | None = None
    """Views of the training images, resampled each epoch for each of them; none if not given. Those of the recipe are
    for matching only."""

    def __attrs_post_init__(self) -> None:
        problems = []
        if self.temperature != 1 and self.loss == "cross-entropy":
            message = "is of soft-cross-entropy and kl; say loss, or leave it out"
            problems.append(("temperature", message))
        if self.teacher is not None and not self.labels.startswith("teacher"):
            problems.append(("teacher", f'labels are \'{self.labels}\'; say labels = "teacher" or "teacher-once"'))
        if problems:
            raise DeclarationError(problems)

    @property
    def augments(self) -> bool:
        """Whether networks see anything but the images as they are."""
        return self.views is not None or bool(self.mixup or self.cutmix)

    def plain(self) -> Any:
        """The same training without augmentation."""
        return attrs.evolve(cast(Any, self), views=None, mixup=0.0, cutmix=0.0)

    def by_classes(self) -> Any:
        """The same training with classes as labels, and the cross-entropy."""
        changes = {"labels": "classes", "teacher": None, "loss": "cross-entropy", "temperature": 1.0}
        return attrs.evolve(cast(Any, self), **changes)
