"""Labels of synthetic images as class probabilities, held as logits [m, c]."""

import math
from typing import Literal

import torch
import torch.nn.functional as F

from matchzoo.data import Split
from matchzoo.data.pool import Pool
from matchzoo.data.split import stratified

SoftLabels = Literal["learned", "probe"]
START = {"learned": 0.9, "probe": 1 - 1e-6}
"""Probability of an image's own class until something else is known."""
VALIDATION = 0.3
"""Share of the real images that chooses the penalty of the probe."""


def label_logits(labels: torch.Tensor, classes: int, own: float) -> torch.Tensor:
    """Logits [m, classes] whose softmax is ``own`` at the class of labels [m], and the same for all others."""
    height = math.log(own * (classes - 1) / (1 - own))
    return height * F.one_hot(labels, classes).float()


def probe_logits(pool: Pool, images: torch.Tensor) -> torch.Tensor:
    """Logits [m, c] that a classifier of all real training samples gives to images [m, …], in the pool's space.

    It is the softmax regression of `matchzoo.models.classifiers.Converged`, trained on un-augmented features, its
    penalty chosen on a share of the real images.
    """
    from matchzoo.models.classifiers.classifier_fit import TrainingSet
    from matchzoo.models.classifiers.converged import Converged  # that package knows the generators

    features, labels = pool.features, pool.split.labels
    assert labels is not None  # whoever makes images of classes has them
    fit_rows, held_rows = stratified(labels.cpu(), VALIDATION, 0, pool.class_names)
    held_out = torch.ones(len(features), dtype=torch.bool)
    held_out[fit_rows] = False
    device = features.values.device
    training = TrainingSet(features=features, views=1, held_out=held_out.to(device), full=True)
    with torch.enable_grad():  # of the solver
        [fitted] = Converged().fit([training], features.rows(held_rows.to(device)), len(pool.class_names))
    return fitted.classifier.scores(pool.project(Split(images)).values)
