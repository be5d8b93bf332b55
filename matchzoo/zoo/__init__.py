"""What the zoo holds: cards of backbones and data sets, TOML files under ``zoo/``, and what is made of them.

from matchzoo import zoo

zoo.names("backbones/*")
zoo.load("clip-vit-b16").network()
zoo.load("datasets/cifar10").data
"""

from matchzoo.zoo.backbone_card import BackboneCard
from matchzoo.zoo.card import Card
from matchzoo.zoo.cards import FOLDERS, find, full_name, load, names, noun, remedy, short_name
from matchzoo.zoo.data_card import DataCard

__all__ = [
    "FOLDERS",
    "BackboneCard",
    "Card",
    "DataCard",
    "find",
    "full_name",
    "load",
    "names",
    "noun",
    "remedy",
    "short_name",
]
