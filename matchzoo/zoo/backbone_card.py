"""What is known of a backbone: where it comes from, how it is built, and what its weights were seen to do."""

import importlib.util
from typing import TYPE_CHECKING, Any, Literal

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty, positive
from matchzoo.core.errors import MatchZooError
from matchzoo.zoo.card import Card
from matchzoo.zoo.weights import Weights

if TYPE_CHECKING:
    import torch

CLASSIFIERS = ("torchvision", "timm")
"""Libraries of which any image classifier can be trained from scratch, by its name."""


@declare
class Arguments:
    """How an architecture is built where its own defaults are not what is wanted (timm only)."""

    img_size: int | None = attrs.field(default=None, validator=at_least(1))
    """Pixels a side; position embeddings of another size are resampled."""
    num_classes: int | None = attrs.field(default=None, validator=positive())
    """Outputs of the projection or classifier, which become the features; without it, what is pooled before it."""
    global_pool: Literal["token", "avg", "map"] | None = None
    """What is pooled: the class token, the mean of the patches, or by attention."""


@declare
class Verified:
    """What the published weights did on the machine of somebody who had them: `matchzoo doctor --verify` compares."""

    sha256: str = attrs.field(validator=not_empty())
    """Hash of the file of weights."""
    norm: float = attrs.field(validator=positive())
    """Euclidean norm of the features of `verification.picture`."""
    feature: tuple[float, ...] = attrs.field(validator=not_empty())
    """Means of these features, cut into as many runs as there are numbers here."""
    versions: str = ""
    """What it was run with."""


@declare
class BackboneCard(Card):
    """What must be known of a frozen network to use it, and to say where it comes from."""

    library: Literal["timm", "torchvision", "torch-fidelity"] = "timm"
    """Which library defines the architecture."""
    architecture: str
    """Name of the architecture in the library; in timm with its tag, if it has one."""
    arguments: Arguments = attrs.field(factory=Arguments)
    """How it is built where the defaults of the architecture are not what is wanted."""
    weights: Weights
    """Where the weights come from."""
    renames: tuple[tuple[str, str], ...] = ()
    """Regular expressions and replacements for the file's keys, applied before the mapping; an empty key is dropped."""
    mapping: Literal["exact", "timm", "by-order"] = "exact"
    """How the file's keys become the network's: as they are, by timm's own conversion, or by position and shape."""
    features: int = attrs.field(validator=positive())
    """Dimension of the features."""
    parameters: int | None = attrs.field(default=None, validator=positive())
    """Number of parameters of the network as it is used."""
    layout: str | None = None
    """The sha256 of the sorted lines ``key shape`` of its state: guards against an architecture that changed."""
    size: int = attrs.field(validator=at_least(1))
    """Pixels a side that the network is meant for."""
    fixed: bool = False
    """Whether it takes no other size."""
    multiple: int = attrs.field(default=1, validator=at_least(1))
    """If it takes others: their sides must be multiples of this."""
    resizes: bool = False
    """Whether it resizes images of any size to its own by itself, as a part of what it is."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Mean of the colors in training, in [0, 1]."""
    std: tuple[float, float, float] = attrs.field(default=(0.229, 0.224, 0.225), validator=positive())
    """Standard deviation of the colors in training."""
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    """How images were resized in training."""
    license: str
    """License of the weights (SPDX where there is one)."""
    source: str
    """Who published the weights, and where."""
    paper: str = ""
    """The paper to cite."""
    verified: Verified | None = None
    """Hash and features of the published weights; without it, nobody has run them through this package yet."""

    def normalized(self, x: "torch.Tensor") -> "torch.Tensor":
        """Images [n, 3, h, w] in [0, 1], shifted and scaled by the card's mean and standard deviation."""
        mean, std = (x.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return (x - mean) / std

    def refuses(self, height: int, width: int) -> str:
        """Why the network does not take images of a size; empty if it does."""
        if self.fixed and (height, width) != (self.size, self.size):
            return f"takes images of {self.size}x{self.size} pixels only, but they are {height}x{width}"
        if height % self.multiple or width % self.multiple:
            return f"takes images whose sides are multiples of {self.multiple}, but they are {height}x{width}"
        return ""

    def origin(self) -> dict[str, Any]:
        """What a result records of the backbone: architecture, license, and file, commit and hash of the weights.

        Raises:
            MatchZooError: the weights are not on this machine and cannot be fetched.
        """
        return {
            "library": self.library,
            "architecture": self.architecture,
            "license": self.license,
            "weights": self.weights.origin(),
        }

    def summary(self) -> str:
        """Features, parameters and pixels."""
        parts = [f"{self.features} features"]
        if self.parameters is not None:
            parts.append(f"{self.parameters / 1e6:.1f} M parameters")
        return " · ".join([*parts, f"{self.size} px{' only' if self.fixed else ''}"])

    def needs(self) -> str:
        """The library of the architecture, if it is not installed, or the weights, if they are not here."""
        if self._lacks_library:
            return f"{self.library}, whose architecture it is, is not installed: {self.bring('')}"
        return self.weights.needs()

    @property
    def _lacks_library(self) -> bool:
        return self.library == "torch-fidelity" and importlib.util.find_spec("torch_fidelity") is None

    def bring(self, name: str) -> str:
        """What installs the library or downloads the weights."""
        if self._lacks_library:
            return f"pip install {self.library}"
        return self.weights.bring() or f"matchzoo doctor --fetch {name}"


def check_expected(card: BackboneCard, name: str, found: object, expected: object) -> None:
    """Raise a `MatchZooError` if a network is not what its card says."""
    if expected is not None and found != expected:
        raise MatchZooError(
            f"{card.architecture}: {name} is {found}, but the card says {expected}; if {card.library} changed the "
            f"architecture, use the version that the card was made with, or copy the card and fix it"
        )
