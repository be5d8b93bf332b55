"""Dataset condensation by gradient matching as its paper has it: what benchmarks/condensation_step.py holds ours
against.

`TextbookDC` is the inner step of the algorithm of Zhao et al., Dataset condensation with gradient matching, ICLR 2021,
in plain torch, for one image per class: a network is drawn, and class after class has a forward and a backward pass of
real images without a graph of the gradient, one of the synthetic images with it, and a distance between the two, layer
by layer and filter by filter; their sum is differentiated once. Real images are standardized and held in memory in
float32 beforehand. Nothing in it is made slow on purpose, and nothing is written to disk.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


def convnet(width: int, classes: int = 10, channels: int = 1) -> nn.Sequential:
    """The paper's network for images of 28 pixels: three blocks of a 3x3 convolution (the first pads by 3), instance
    norm, ReLU and average pooling, then a linear layer; [n, channels, 28, 28] → scores [n, classes]."""
    layers: list[nn.Module] = []
    for block in range(3):
        layers += [nn.Conv2d(width if block else channels, width, 3, padding=1 if block else 3)]
        layers += [nn.GroupNorm(width, width), nn.ReLU(), nn.AvgPool2d(2, 2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * 16, classes))


def matching_loss(
    network: nn.Module, real: Sequence[torch.Tensor], synthetic: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """The sum over classes, layers and filters of one minus the cosine of two gradients, a scalar.

    Args:
        network: images → scores.
        real: images [k, …] of every class.
        synthetic: images [m, …].
        labels: of these, [m].
    """
    parameters = list(network.parameters())
    loss = synthetic.new_zeros(())
    for label, images in enumerate(real):
        scores = network(images)
        target = torch.autograd.grad(F.cross_entropy(scores, torch.full((len(images),), label)), parameters)

        chosen = labels == label
        scores = network(synthetic[chosen])
        gradient = torch.autograd.grad(F.cross_entropy(scores, labels[chosen]), parameters, create_graph=True)

        for own, wanted in zip(gradient, target, strict=True):
            if wanted.ndim > 1:  # those of one dimension count nothing in the paper's code
                loss = loss + (1 - F.cosine_similarity(own.flatten(1), wanted.detach().flatten(1), dim=1)).sum()
    return loss


class TextbookDC:
    """Dataset condensation, one step at a time.

    Args:
        images: [n, channels, 28, 28] real ones, standardized.
        labels: [n] class indices.
        width: of the network.
        real: images of every class a step.
        per_class: synthetic images of every class.
        seed: of everything that is drawn.
    """

    def __init__(
        self, images: torch.Tensor, labels: torch.Tensor, width: int, real: int, per_class: int = 1, seed: int = 0
    ) -> None:
        torch.manual_seed(seed)
        self.images, self.width, self.real = images, width, real
        self.rows = [(labels == label).nonzero().flatten() for label in range(int(labels.max()) + 1)]
        self.labels = torch.arange(len(self.rows)).repeat_interleave(per_class)
        self.synthetic = torch.randn(len(self.labels), *images.shape[1:], requires_grad=True)
        self.optimizer = torch.optim.SGD([self.synthetic], lr=0.1, momentum=0.5)

    def step(self, number: int = 1) -> float:
        """One update of the synthetic images, with a network drawn for it; the loss. The number is not looked at."""
        network = convnet(self.width, len(self.rows), self.images.shape[1])
        real = [self.images[rows[torch.randperm(len(rows))[: self.real]]] for rows in self.rows]
        loss = matching_loss(network, real, self.synthetic, self.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())
