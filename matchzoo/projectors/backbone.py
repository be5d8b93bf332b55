"""A frozen, pre-trained network."""

from importlib.metadata import version
from typing import Any, Literal, Self

import attrs
import torch
from torch import nn

from matchzoo import zoo
from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.declaration.validators import not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.projectors.layers import OWN, check_layers, layer_features
from matchzoo.projectors.projector import Projector

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of the colors of ImageNet."""
CHANNELS = (1, 3)
TAKEN = "images of 3 channels, or of 1, which is repeated"
"""What a backbone takes, in messages."""


@declare("backbone")
class Backbone(Projector):
    """The pooled features of a pre-trained network of the zoo, frozen: only the images get gradients.

    Normalization belongs here: images come in [0, 1] and are shifted and scaled by the mean and standard deviation
    that the network was trained with, or by ImageNet's; the channel of gray images is repeated. Pixels are laid out
    channels-last, in which convolutions are faster on a CPU (EfficientNet-Lite0 at 96 px, forward and back: 10 ms an
    image instead of 14, one thread).

    Examples:
        >>> backbone = Backbone.load("efficientnet-lite0")
        >>> backbone(torch.rand(4, 3, 224, 224)).shape
        torch.Size([4, 1280])
    """

    card: str
    """Name of a backbone card of the zoo, or the path of a .toml file."""
    normalization: Literal["backbone", "imagenet"] = "backbone"
    """Whose mean and standard deviation: the network's own, or ImageNet's for every network, as the LGM paper does."""
    layers: tuple[str, ...] | None = attrs.field(default=None, validator=not_empty())
    """Modules of the network whose outputs, each pooled to a vector, are the features side by side, such as
    ``blocks.2`` or ``layer3``; among them ``output`` stands for the network's own. These alone if not given."""

    @classmethod
    @checked
    def load(
        cls,
        card: str,
        size: int | None = None,
        normalization: Literal["backbone", "imagenet"] = "backbone",
        layers: tuple[str, ...] | None = None,
    ) -> Self:
        """A backbone that is ready: its weights loaded, frozen, in evaluation mode, on the CPU.

        Args:
            card: name of a backbone card (``matchzoo list backbones`` shows them), or the path of a .toml file.
            size: pixels a side of the images that it will be given; the card's own if not given.
            normalization: whose mean and standard deviation, as in the field.
            layers: of the network, as in the field.

        Raises:
            MatchZooError: there is no such card, the network does not take that size or has no such layer, or the
                weights are not here and cannot be fetched.
        """
        known = zoo.load(card, zoo.BackboneCard)
        side = known.size if size is None else size
        problem = known.refuses(side, side)
        if problem:
            raise DeclarationError([("size", f"{card} {problem}; use size = {_near(known, side)}")])

        backbone = cls(card=card, normalization=normalization, layers=layers)
        backbone.build(Spec(shape=(3, side, side)))
        backbone._declared, backbone._remedy = "images", "give images of {} pixels a side"
        return backbone.eval()

    def build(self, spec: Spec) -> int:
        """Load the weights of the card.

        Returns:
            The dimension of the features.

        Raises:
            DeclarationError: the samples are no images of 1 or 3 channels, or of a size that the network does not take,
                or it has no such layer.
            MatchZooError: the weights are not here and cannot be fetched, or are not those of the card.
        """
        if not spec.is_images or spec.shape[0] not in CHANNELS:
            raise DeclarationError([(spec.space, f"a backbone takes {TAKEN}, but a sample has shape {spec.shape}")])
        card = zoo.load(self.card, zoo.BackboneCard)
        self._declared, self._remedy = f"{spec.space}.card", "set views.size or data.size to {}"
        self._take(card, *spec.shape[1:])
        width = self.width(spec)
        try:
            self.network: nn.Module = zoo.network(card)
        except MatchZooError as error:
            fetch = f"; or: matchzoo doctor --fetch {self.card}" if card.weights.needs() else ""
            raise MatchZooError(f"backbone {self.card}: {error}{fetch}") from None
        self.network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        mean, std = (card.mean, card.std) if self.normalization == "backbone" else IMAGENET
        self.mean = nn.Buffer(torch.tensor(mean)[:, None, None], persistent=False)
        self.std = nn.Buffer(torch.tensor(std)[:, None, None], persistent=False)
        self._card = card
        self._identity: Any = None
        self._compiled: Any = None
        self._width, self._sides = width, spec.shape[1:]
        return width

    def train(self, mode: bool = True) -> "Backbone":
        """Stay in evaluation mode: batch statistics must not move."""
        return super().train(False)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """Images [n, 3, h, w] or [n, 1, h, w] in [0, 1] → features [n, d]; a `DeclarationError` if the network takes no
        such size."""
        self._take(self._card, *x.shape[2:])
        network = self._compiled if self._compiled is not None and torch.is_grad_enabled() else self._features
        pixels = ((x - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        if not self.is_narrow:
            return network(pixels)
        with torch.autocast(x.device.type, enabled=False):
            return network(pixels.bfloat16()).float()

    @torch.no_grad()
    def narrow(self) -> bool:
        """Hold the weights in bfloat16, and compute in it from now on; features are float32 still.

        Autocast would convert the weights in every pass and normalize layers in float32: on an H200 the pass of a
        ViT-B/16, forward and back, takes 0.89 of its time. Batch norms, which are affine maps here, keep their weights,
        and buffers stay as they are. Conversion rounds: the weights of the card are to be loaded again for others.

        Returns:
            Whether the network can: one that mixes its weights with numbers of float32 keeps its own, for autocast.
        """
        whole = {name: p.data for name, p in self.network.named_parameters()}
        for layer in self.network.modules():
            if not isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
                for parameter in layer.parameters(recurse=False):
                    parameter.data = parameter.data.bfloat16()
        image = torch.zeros(1, len(self.mean), *self._sides, dtype=torch.bfloat16, device=self.mean.device)
        try:
            with torch.autocast(image.device.type, enabled=False):
                self._features(image.contiguous(memory_format=torch.channels_last))
        except RuntimeError:  # layers of other precisions
            for name, parameter in self.network.named_parameters():
                parameter.data = whole[name]
        return self.is_narrow

    @property
    def is_narrow(self) -> bool:
        """Whether weights are in bfloat16, as `narrow` leaves them; after ``.to(torch.float32)`` they are not."""
        return any(parameter.dtype == torch.bfloat16 for parameter in self.network.parameters())

    def _features(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x) if self.layers is None else layer_features(self.network, self.layers, x)

    @torch.no_grad()
    def width(self, spec: Spec) -> int:
        """The dimension of the features of images of a spec; no weights are loaded for it.

        Raises:
            DeclarationError: the network has no such layer.
        """
        card = zoo.load(self.card, zoo.BackboneCard)
        if self.layers is None:
            return card.features
        outline = zoo.blank(card)
        problem = check_layers(outline, self.layers)
        if problem:
            raise DeclarationError([(f"{spec.space}.layers", f"{problem}; '{OWN}' is what it gives itself")])
        return layer_features(outline, self.layers, torch.zeros(1, 3, *spec.shape[1:], device="meta")).shape[1]

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """From now on compute features that have a graph with `torch.compile`'s network (its arguments); others, whose
        numbers of rows vary, as before. Where it cannot be compiled the first such features are a `MatchZooError`."""
        from torch._dynamo.exc import TorchDynamoException

        compiled = torch.compile(self.network.forward if self.layers is None else self._features, *args, **kwargs)

        def features(x: torch.Tensor) -> torch.Tensor:
            try:
                return compiled(x)
            except TorchDynamoException as error:
                reason = str(error).strip().splitlines()[0]
                raise MatchZooError(
                    f"trainer.compile: {self.card} cannot be compiled here ({reason}); leave it out"
                ) from None

        self._compiled = features

    def identity(self) -> tuple[int, Any]:
        """The features' dimension, and card, hash of its weights, normalization and versions of what computes them."""
        if self._identity is None:
            libraries = {name: version(name) for name in ("torch", self._card.library)}
            weights = self._card.weights.origin()
            layers = [] if self.layers is None else [list(self.layers)]
            self._identity = [to_table(self._card), weights, self.normalization, libraries, *layers]
        return self._width, self._identity

    def origin(self) -> dict[str, Any]:
        """The card's name, architecture and license, source, commit and hash of its weights, and the layers."""
        layers = {} if self.layers is None else {"layers": list(self.layers)}
        return {"card": self.card, **zoo.load(self.card, zoo.BackboneCard).origin(), **layers}

    def _take(self, card: zoo.BackboneCard, height: int, width: int) -> None:
        problem = card.refuses(height, width)
        if problem:
            remedy = self._remedy.format(_near(card, height))
            if card.fixed and card.library == "timm":
                remedy += ", or copy the card and give it size and arguments.img_size of your own"
            raise DeclarationError([(self._declared, f"{self.card} {problem}; {remedy}")])


def _near(card: zoo.BackboneCard, side: int) -> int:
    return card.size if card.fixed else max(1, round(side / card.multiple)) * card.multiple
