"""The door to the zoo: what is declared under ``zoo/``, as typed cards."""

from typing import TYPE_CHECKING, Literal

import attrs

from matchzoo import shipped
from matchzoo.declare import at_least, declare, positive
from matchzoo.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.tables import read_toml, structure
from matchzoo.weights import RandomWeights, Weights, by_order

if TYPE_CHECKING:
    from torch import nn

FOLDER = "zoo/backbones"


@declare
class BackboneCard:
    """What must be known of a frozen network to use it, and to say where it comes from."""

    architecture: str
    """Name of the architecture in timm."""
    weights: Weights
    """Where the weights come from."""
    mapping: Literal["exact", "by-order"] = "exact"
    """How the file's keys become the network's: as they are, or by position with equal shapes."""
    features: int = attrs.field(validator=positive())
    """Dimension of the pooled features."""
    size: int = attrs.field(validator=at_least(1))
    """Pixels a side that the network was trained with."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Mean of the colours in training, in [0, 1]."""
    std: tuple[float, float, float] = attrs.field(default=(0.229, 0.224, 0.225), validator=positive())
    """Standard deviation of the colours in training."""
    licence: str
    """Licence of the weights (SPDX where there is one)."""
    source: str
    """Who published the weights, and where."""
    paper: str = ""
    """The paper to cite."""

    def network(self) -> "nn.Module":
        """The network [n, 3, h, w] (normalised) → [n, features] in evaluation mode, with the card's weights.

        Raises:
            MatchZooError: the weights are not on this machine (with the command that brings them), are not those that
                the card pins, or do not fit the architecture.
        """
        import timm
        import torch

        if not timm.is_model(self.architecture):
            hint = did_you_mean(self.architecture, timm.list_models())
            raise MatchZooError(f"timm knows no architecture '{self.architecture}'{hint}")
        missing = self.weights.needs()
        if missing:
            raise MatchZooError(missing)
        state = self.weights.state()
        if state is None:
            seed = self.weights.seed if isinstance(self.weights, RandomWeights) else 0
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                network = timm.create_model(self.architecture, pretrained=False, num_classes=0)
        else:
            network = timm.create_model(self.architecture, pretrained=False)
            if self.mapping == "by-order":
                state = by_order(state, network.state_dict())
            try:
                network.load_state_dict(state, strict=True)
            except RuntimeError as error:
                raise MatchZooError(f"the weights do not fit {self.architecture}: {str(error)[:400]} …") from None
            network.reset_classifier(0)  # type: ignore[operator]
        if network.num_features != self.features:
            raise MatchZooError(
                f"{self.architecture} has {network.num_features} features; the card says {self.features}"
            )
        return network.eval()


def names(pattern: str = "*") -> list[str]:
    """Names of the backbone cards that match a shell pattern."""
    return shipped.names(FOLDER, pattern)


def load(name: str) -> BackboneCard:
    """The card of a name, or of the path of a .toml file.

    Raises:
        MatchZooError: there is no such card (with the nearest name), or it is not a valid one (with all problems).
    """
    path = shipped.find(FOLDER, name, "backbone")
    try:
        return structure(read_toml(path), BackboneCard)
    except DeclarationError as error:
        raise DeclarationError([("", f"{name} is not a valid backbone card:"), *error.problems]) from None
