"""What the zoo holds: cards of backbones, data sets and distilled sets, TOML files under ``zoo/``.

from matchzoo import zoo

zoo.names("backbones/*")
zoo.network(zoo.load("clip-vit-b16"))
zoo.load("datasets/cifar10").data
"""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily
from matchzoo.zoo.backbone_card import BackboneCard
from matchzoo.zoo.card import Card
from matchzoo.zoo.cards import FOLDERS, find, full_name, load, names, noun, remedy, short_name
from matchzoo.zoo.data_card import DataCard
from matchzoo.zoo.distilled_card import DistilledCard

if TYPE_CHECKING:
    from matchzoo.zoo.architectures import blank, network

__all__ = [
    "FOLDERS",
    "BackboneCard",
    "Card",
    "DataCard",
    "DistilledCard",
    "blank",
    "find",
    "full_name",
    "load",
    "names",
    "network",
    "noun",
    "remedy",
    "short_name",
]

_MODULES = {"blank": "matchzoo.zoo.architectures", "network": "matchzoo.zoo.architectures"}
__getattr__, __dir__ = lazily(__name__, _MODULES, globals())
