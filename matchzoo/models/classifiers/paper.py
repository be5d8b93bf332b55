"""The evaluation protocol of linear gradient matching, with the views encoded once."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, positive
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.models.classifiers.classifier_fit import ClassifierFit, Fitted, TrainingSet
from matchzoo.models.classifiers.classifiers import LinearClassifier, probabilities

HEAD_STD = 0.01


@declare("paper")
class Paper(ClassifierFit):
    """A linear head trained for a fixed number of epochs by Adam, as the paper of linear gradient matching does.

    The head starts at N(0, 0.01²) with bias 0; the learning rate falls by a cosine to 0, epoch by epoch; every epoch
    sees one fresh view of every image. Nothing is chosen, so the validation set is not used. The views of an epoch are
    drawn from a pool of ``pool`` views of every image that are encoded once, and all seeds train at once, each with
    its own start, order and views: that is what makes it fast. The learning rate depends on the batch, not on the
    number of devices, and everything is in float32.

    Source: the released code of arXiv 2511.16674; its learning rate underfits on sets of fewer than 100 images, see
    the documentation of evaluation.
    """

    chooses: ClassVar[bool] = False

    epochs: int = attrs.field(default=1000, validator=at_least(1))
    """Passes over the images."""
    batch: int = attrs.field(default=100, validator=at_least(1))
    """Images a step, all of them where there are fewer."""
    lr: float = attrs.field(default=1e-3, validator=positive())
    """Learning rate for 256 images a step; it is scaled linearly by the images there are."""
    pool: int = attrs.field(default=200, validator=at_least(1))
    """Views of every image that are encoded; each is seen in every so-manieth epoch."""
    full_epochs: int = attrs.field(default=100, validator=at_least(1))
    """Passes over all training images."""
    full_batch: int = attrs.field(default=128, validator=at_least(1))
    """Images a step of all training images."""
    full_pool: int = attrs.field(default=10, validator=at_least(1))
    """Views of every one of all training images."""

    def views(self, enough: int, full: bool) -> int:
        """The pool."""
        return self.full_pool if full else self.pool

    @property
    def shares_views(self) -> bool:
        """Yes: a seed is a start, an order and a choice among the pool's views."""
        return True

    def fit(self, sets: Sequence[TrainingSet], validation: Samples, classes: int) -> list[Fitted]:
        """One classifier a set, as `ClassifierFit.fit` says; sets of one size are trained at once."""
        fitted: list[Fitted] = []
        for _, group in groupby(sets, lambda one: (one.features.values.shape, one.views, one.full)):
            same = list(group)
            weight, bias = self._train(same, classes)
            fitted += [Fitted(classifier=LinearClassifier(w, b), chosen={}) for w, b in zip(weight, bias, strict=True)]
        return fitted

    def _train(self, sets: list[TrainingSet], classes: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights [s, c, d] and biases [s, c] of s sets of the same size."""
        first = sets[0]
        images = len(first.features) // first.views
        epochs, batch = (self.full_epochs, self.full_batch) if first.full else (self.epochs, self.batch)
        batch = min(batch, images)
        pools = [one.features.values.float() for one in sets]  # one tensor, if the sets are one
        device, dimension = pools[0].device, pools[0].shape[1]
        targets = [probabilities(_labels(one)[:: one.views], classes, pools[0]) for one in sets]
        starts = [torch.randn(classes, dimension, generator=Step(0, one.seed).rng("head")) for one in sets]
        draws = [Step(0, one.seed).rng("epochs") for one in sets]
        weight = (HEAD_STD * torch.stack(starts)).to(device).requires_grad_()
        bias = torch.zeros(len(sets), classes, device=device, requires_grad=True)
        lr = self.lr * batch / 256
        adam = torch.optim.Adam([weight, bias], lr=lr)
        for epoch in range(epochs):
            adam.param_groups[0]["lr"] = 0.5 * lr * (1 + math.cos(math.pi * epoch / epochs))
            orders = [torch.randperm(images, generator=rng).to(device) for rng in draws]
            if epoch % first.views == 0:  # every view of an image is seen before one is seen again
                turns = [torch.rand(images, first.views, generator=rng).argsort(1).to(device) for rng in draws]
            views = [turn[:, epoch % first.views] for turn in turns]
            for start in range(0, images, batch):
                here = slice(start, start + batch)
                rows = [order[here] for order in orders]
                z = torch.stack([pools[i][r * first.views + views[i][r]] for i, r in enumerate(rows)])
                y = torch.stack([targets[i][r] for i, r in enumerate(rows)])
                with torch.no_grad():
                    residual = torch.softmax(torch.baddbmm(bias[:, None], z, weight.mT), 2) - y
                    residual /= z.shape[1]
                    weight.grad, bias.grad = residual.mT @ z, residual.sum(1)
                adam.step()
        return weight.detach(), bias.detach()


def _labels(one: TrainingSet) -> torch.Tensor:
    assert one.features.labels is not None
    return one.features.labels
