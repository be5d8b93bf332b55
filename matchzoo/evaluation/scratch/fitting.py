"""A network trained on labeled images: batches, an optimizer and a schedule."""

import math
from collections.abc import Callable
from typing import Literal

import torch

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.scratch.losses import Loss, classification_loss

Optimizer = Literal["sgd", "adam", "adamw"]
Schedule = Literal["step", "cosine"]
Batch = tuple[torch.Tensor, torch.Tensor]
"""What a network sees [n, …], and labels [n] or [n, c]."""


@checked
def fit_network(
    network: torch.nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    rng: torch.Generator,
    *,
    epochs: int = 300,
    batch: int = 256,
    lr: float = 0.01,
    momentum: float = 0.9,
    weight_decay: float = 5e-4,
    optimizer: Optimizer = "sgd",
    schedule: Schedule = "step",
    loss: Loss = "cross-entropy",
    temperature: float = 1.0,
    see: Callable[[torch.Tensor], torch.Tensor] = lambda images: images,
    relabel: Callable[[torch.Tensor, torch.Tensor], Batch] = lambda seen, labels: (seen, labels),
) -> None:
    """Minimize the mean loss of batches.

    Args:
        network: what ``see`` gives [n, …] → scores [n, c]; trained in place.
        images: [n, …].
        labels: class indices [n], or probabilities [n, c].
        rng: of the order of the samples, resampled each epoch.
        lr: the first rate.
        optimizer: torch's, with their own constants; ``momentum`` is that of ``sgd``.
        schedule: ``step`` has a tenth of the rate in the second half of the epochs; ``cosine`` falls each epoch, by
            lr (1 + cos(π epoch / epochs)) / 2.
        loss: of scores and labels.
        temperature: of the losses of probabilities.
        see: what the network gets of the images of a batch; the images themselves if not given.
        relabel: what becomes of that and its labels (mixtures, a teacher's labels); nothing if not given.

    Raises:
        MatchZooError: a batch is too small for the network.
    """
    network.train()
    stepper = _optimizer(network, optimizer, lr, momentum, weight_decay)
    for epoch in range(epochs):
        stepper.param_groups[0]["lr"] = rate_at(epoch, epochs, lr, schedule)
        for rows in torch.randperm(len(images), generator=rng).to(images.device).split(batch):
            seen, targets = relabel(see(images[rows]), labels[rows])
            value = classification_loss(_scores(network, seen), targets, loss, temperature)
            stepper.zero_grad()
            value.backward()
            stepper.step()


@checked
def rate_at(epoch: int, epochs: int, lr: float, schedule: Schedule) -> float:
    """The learning rate of an epoch, from 0."""
    if schedule == "cosine":
        return lr * (1 + math.cos(math.pi * epoch / epochs)) / 2
    return lr if epoch < (epochs + 1) // 2 else lr / 10


def _optimizer(
    network: torch.nn.Module, kind: Optimizer, lr: float, momentum: float, weight_decay: float
) -> torch.optim.Optimizer:
    if kind == "sgd":
        return torch.optim.SGD(network.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)
    adam = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    return adam(network.parameters(), lr=lr, weight_decay=weight_decay)


def _scores(network: torch.nn.Module, seen: torch.Tensor) -> torch.Tensor:
    """Of a batch; batch norm of a single image is an error with a remedy."""
    try:
        scores: torch.Tensor = network(seen)
    except ValueError as error:
        if len(seen) > 1:
            raise
        message = "from scratch: a batch of one image, of which batch norm has no variance; choose another batch size"
        raise MatchZooError(message) from error
    return scores
