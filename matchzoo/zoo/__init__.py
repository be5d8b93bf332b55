"""What the zoo holds: cards of backbones, data sets and distilled sets, TOML files under ``zoo/``.

from matchzoo import zoo

zoo.names("backbones/*")
zoo.load("clip-vit-b16").network()
zoo.load("datasets/cifar10").data
"""

from matchzoo.zoo.backbone_card import BackboneCard
from matchzoo.zoo.card import Card
from matchzoo.zoo.cards import FOLDERS, find, full_name, load, names, noun, remedy, short_name
from matchzoo.zoo.data_card import DataCard
from matchzoo.zoo.distilled_card import DistilledCard

__all__ = [
    "FOLDERS",
    "BackboneCard",
    "Card",
    "DataCard",
    "DistilledCard",
    "find",
    "full_name",
    "load",
    "names",
    "noun",
    "remedy",
    "short_name",
]
