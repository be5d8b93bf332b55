"""Any classifier of torchvision or timm as a network that starts from random weights."""

import warnings

import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.models.networks.network import Network, Shape
from matchzoo.zoo import architectures
from matchzoo.zoo.backbone_card import CLASSIFIERS


@declare("architecture")
class Architecture(Network):
    """An image classifier of torchvision or timm by its name, with as many outputs as there are classes and random
    weights, started as the library does.

    Images of one channel are repeated to three. Where an architecture has outputs beside its scores in training
    (auxiliary classifiers), these are left out. Networks with batch norm or dropout treat the samples of a batch
    together, or at random: they are for training from scratch, not for matching gradients.

    Examples:
        >>> network = Architecture(name="torchvision:resnet18")
        >>> network.build((3, 32, 32), (10,), torch.Generator().manual_seed(0))
        >>> network(torch.rand(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """

    name: str
    """The library and the architecture: ``torchvision:resnet18``, ``timm:vit_tiny_patch16_224``."""

    def __attrs_post_init__(self) -> None:
        library, _, architecture = self.name.partition(":")
        if library not in CLASSIFIERS or not architecture:
            message = f"expected torchvision:NAME or timm:NAME, such as torchvision:resnet18, got '{self.name}'"
            raise DeclarationError([("name", message)])

    def build(self, inputs: Shape, outputs: Shape, rng: torch.Generator) -> None:
        """Make the layers; raises unless the library knows the name, and the network takes images of such a size."""
        if len(inputs) != 3 or len(outputs) != 1:
            problem = f"{self.name} maps images to vectors, not {inputs} to {outputs}"
            raise DeclarationError([("network", problem)])
        library, _, architecture = self.name.partition(":")
        channels, height, width = self.joined_shape(inputs)
        if channels not in (1, 3):
            problem = f"{self.name} takes images of 1 or 3 channels, got {channels} (those of a condition count)"
            raise DeclarationError([("network", problem)])

        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():  # libraries start from the global state
            warnings.simplefilter("ignore")  # of torchvision, that a start of weights takes long
            torch.manual_seed(int(torch.randint(2**62, (), generator=rng)))
            try:
                self.layers = architectures.classifier(library, architecture, outputs[0], (height, width))
            except MatchZooError as error:
                raise DeclarationError([("network.name", str(error))]) from None
            self._try(inputs, outputs)

    def _try(self, inputs: Shape, outputs: Shape) -> None:
        """Raise where an image does not go through."""
        self.layers.eval()
        try:
            with torch.no_grad():
                scores = self(torch.zeros(1, *self.joined_shape(inputs)))
        except (RuntimeError, AssertionError, ValueError, IndexError) as error:
            side = "x".join(map(str, inputs[1:]))
            message = f"{self.name} does not take images of {side} pixels ({str(error).strip().splitlines()[0]:.120})"
            raise DeclarationError([("network", f"{message}; another size, or another network")]) from None
        if tuple(scores.shape) != (1, *outputs):
            problem = f"{self.name} gives {list(scores.shape[1:])} for an image, expected {list(outputs)}"
            raise DeclarationError([("network.name", problem)])
        self.layers.train()

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """[n, 3, h, w] or [n, 1, h, w] → [n, classes]."""
        joined = self.join(x, condition)
        scores = self.layers(joined.expand(-1, 3, -1, -1) if joined.shape[1] == 1 else joined)
        return scores if isinstance(scores, torch.Tensor) else scores[0]
