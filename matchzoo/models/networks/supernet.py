"""A network with several operations to choose from, whose choices share weights."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import Several, declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.models.networks.layers import start_uniform
from matchzoo.models.networks.network import Network, Shape

Operation = Literal["skip", "average-3", "max-3", "conv-3", "conv-5"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)


@declare("supernet")
class Supernet(Network):
    """Convolutions (3x3, ReLU), each followed by an edge with several operations, of which a path takes one; then a
    linear layer. Every path is a network, a child, and all of them share the convolutions and the linear layer.

    A projector of kind ``learned`` draws a path for each step, uniformly (single-path sampling): chunks, views and
    processes of a step share it, and a resumed run draws the same. Elsewhere, and after training, the path is the last
    one, and the first operations before there was any; `choose` takes another. With one operation for each edge it is a
    plain network.

    Examples:
        >>> network = Supernet(operations=[["skip", "conv-3"], ["conv-5"]])
        >>> network.build((1, 8, 8), (10,), torch.Generator().manual_seed(0))
        >>> [network.choose(path)(images) for path in network.paths]

    Source: Guo et al., Single path one-shot neural architecture search with uniform sampling, ECCV 2020.
    """

    widths: Several[int] = attrs.field(default=(12, 24), validator=[at_least(1), not_empty()])
    """Channels of each convolution. All but the first go two pixels at a time."""
    operations: Several[Several[Operation]] = ()
    """Of each edge: the sample as it is (skip), the mean or the largest of 3x3 pixels, or a convolution of 3x3 or 5x5
    pixels with ReLU. All five on every edge if not given. None changes the size or the number of channels."""

    def __attrs_post_init__(self) -> None:
        if not self.operations:
            self.operations = (OPERATIONS,) * len(self.widths)
        if len(self.operations) != len(self.widths):
            message = f"expected a list for each of the {len(self.widths)} convolutions, got {len(self.operations)}"
            raise DeclarationError([("operations", message)])
        for edge, names in enumerate(self.operations):
            if not names or len(set(names)) < len(names):
                message = f"expected at least one operation, and each once, got {list(names)}"
                raise DeclarationError([(f"operations[{edge}]", message)])

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers, which start as torch's do; raises unless they go from images to vectors."""
        if len(inputs) != 3 or len(outputs) != 1:
            raise DeclarationError([("network", f"supernet maps images to vectors, not {inputs} to {outputs}")])
        channels, height, width = self.joined_shape(inputs)
        self.convolutions, self.edges = nn.ModuleList(), nn.ModuleList()
        for edge, (filters, names) in enumerate(zip(self.widths, self.operations, strict=True)):
            stride = 1 if edge == 0 else 2
            self.convolutions.append(_convolution(channels, filters, 3, rng, stride))
            self.edges.append(nn.ModuleDict({name: _operation(name, filters, rng) for name in names}))
            channels, height, width = filters, -(-height // stride), -(-width // stride)
        self.last = nn.utils.skip_init(nn.Linear, channels * height * width, outputs[0])
        start_uniform(self.last, rng)
        self.register_buffer("path", torch.zeros(len(self.widths), dtype=torch.int64))

    @property
    def paths(self) -> Iterator[tuple[Operation, ...]]:
        """Every path, the last edge changing first."""
        return itertools.product(*self.operations)

    def choose(self, path: Sequence[str]) -> "Supernet":
        """Take a path from now on, an operation for each edge; returns the network.

        Raises:
            MatchZooError: an edge has no such operation, or there are more or fewer edges.
        """
        if len(path) != len(self.operations):
            raise MatchZooError(f"path: expected an operation for each of {len(self.operations)} edges, got {path!r}")
        for edge, (name, names) in enumerate(zip(path, self.operations, strict=True)):
            if name not in names:
                raise MatchZooError(f"path[{edge}]: unknown operation {name!r}{did_you_mean(str(name), names)}")
        numbers = [names.index(name) for name, names in zip(path, self.operations, strict=True)]
        self.get_buffer("path").copy_(torch.tensor(numbers))
        return self

    @property
    def is_resampled(self) -> bool:
        """Where an edge has several operations."""
        return any(len(names) > 1 for names in self.operations)

    def resample(self, rng: torch.Generator) -> None:
        """Draw a path, each as likely."""
        self.get_buffer("path").copy_(self.draw(rng))

    def draw(self, rng: torch.Generator) -> torch.Tensor:
        """The numbers [edges] of the operations of a random path; the network keeps the one that it has."""
        return torch.stack([torch.randint(len(names), (), generator=rng) for names in self.operations])

    def shared_parameters(self) -> dict[str, nn.Parameter]:
        """The parameters that all paths have, by name: those of no operation."""
        return {name: value for name, value in self.named_parameters() if not name.startswith("edges.")}

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, c, h, w] → [n, d]."""
        maps = self.join(x, condition)
        numbers = self.get_buffer("path").tolist()
        for convolution, edge, names, number in zip(
            self.convolutions, self.edges, self.operations, numbers, strict=True
        ):
            assert isinstance(edge, nn.ModuleDict)
            maps = edge[names[number]](convolution(maps))
        return self.last(maps.flatten(1))


def _convolution(channels: int, filters: int, kernel: int, rng: torch.Generator, stride: int = 1) -> nn.Module:
    layer = nn.utils.skip_init(nn.Conv2d, channels, filters, kernel, padding=kernel // 2, stride=stride)
    start_uniform(layer, rng)
    return nn.Sequential(layer, nn.ReLU())


def _operation(name: Operation, channels: int, rng: torch.Generator) -> nn.Module:
    makers: dict[Operation, Callable[[], nn.Module]] = {
        "skip": nn.Identity,
        "average-3": lambda: nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        "max-3": lambda: nn.MaxPool2d(3, 1, 1),
        "conv-3": lambda: _convolution(channels, channels, 3, rng),
        "conv-5": lambda: _convolution(channels, channels, 5, rng),
    }
    return makers[name]()
